"""Encrypted copies of a whole installation, and bringing one back.

Belongs here: what a backup holds, how it is sealed, and how it is put in place again. Does not belong here: the
command line and its progress bars (`medisync/backup.py`).
"""
