"""Who is asking: accounts, passwords, sessions, and the permission that a route declares.

Belongs here: everything about signing in. Does not belong here: patients as persons under care.
"""
