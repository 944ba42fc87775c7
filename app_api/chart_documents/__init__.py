"""Documents of a chart: referrals, letters, results, consents that somebody hands in for a patient.

Belongs here: filing, listing, handing out, marking as entered in error. Does not belong here: what makes a file
acceptable (`app_api.uploads`), entries in words (`app_api.records`).
"""
