"""What the pipeline tells people: failed checks, failed runs, late data, and who has read it.

Belongs here: reading notifications, marking them read. Does not belong here: noticing and sending (`assets.notices`).
"""
