"""Proof of a profession: documents that people upload, and what an administrator decides about them.

Belongs here: upload, inbox, decision, expiry. Does not belong here: accounts and sessions (`app_api.identity`).
"""
