"""The next hours: expected registrations (the published monthly forecast, spread as the past weeks were), and beds.

Belongs here: these translations and their routes. Does not belong here: forecasts themselves, what is done with them.
"""
