"""The facade for third parties: Slot, Appointment and RiskAssessment as HL7 FHIR R4, read and searched, never written.

Belongs here: what FHIR says differently (resources, searches, bundles). Does not belong here: rules about who may see
what (the services of `app_api` and `serving.risk`, which the routes of our own use too), errors' shape
(`serving.outcomes`), FHIR that is imported (`assets.intake`).

A web worker does not import `fhir.resources`, which would slow its start (decision 0061). The models here are as small
as what is told; the tests hold every answer to that library.
"""
