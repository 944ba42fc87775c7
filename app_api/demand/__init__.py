"""Expected registrations by the hour: the published monthly forecast, spread as the past weeks were.

Belongs here: that translation and its route. Does not belong here: forecasts themselves, what is done with them.
"""
