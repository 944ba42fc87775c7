"""Check-in: who comes for an appointment stands in line, with one clock from the arrival.

Belongs here: what joins appointments and queues. Does not belong here: either of them.
"""
