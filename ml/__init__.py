"""All arithmetic: frames and values in, frames and values out.

Belongs here: the synthetic hospital, analytics, forecasting, surveillance, features, risk, the release format and the
registry. Does not belong here: the clock, the environment, the disk, a database or a web framework.
"""
