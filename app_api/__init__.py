"""The hospital's operations: identity, registrations, and what follows them, each a folder.

Belongs here: routers, rules and SQL of operational tables, and the types of the wire that they share. Does not belong
here: analytics and models (`serving/`), and anything of the pipeline.
"""
