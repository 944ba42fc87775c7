"""Programs that read as themselves, without a person: SMART Backend Services (SMART App Launch 2.2).

Belongs here: registered clients, proving who asks by a signed assertion, access tokens and their scopes. Does not
belong here: machine tokens that act for a person (`app_api.identity.tokens`), what is read (`serving.fhir`).
"""
