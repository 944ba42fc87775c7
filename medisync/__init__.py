"""The front door: the command line, one file per command group.

Belongs here: parsing arguments, showing progress, printing answers, exit codes. Does not belong here: logic.
"""
