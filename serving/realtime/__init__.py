"""Live updates: what the workers hear through Valkey, and the sockets that they tell.

Belongs here: events, sockets, replay. Does not belong here: what an event is about.
"""
