"""The database of the application and of published results: engine, tables, migrations.

Belongs here: typed tables, one file per area, and how to connect. Does not belong here: queries (repositories and
assets hold those). Nothing here opens a connection at import.
"""
