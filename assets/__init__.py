"""Software-defined assets and asset checks: thin glue over `ml` and `expectations`, and the intake of files.

Belongs here: what is made from what, with which metadata. Does not belong here: arithmetic, rules, schedules. The whole
list is in `assets.catalogue`; this package itself imports nothing, so that the importer starts quickly.
"""
