"""Queues: who waits, who is next, what became of them.

Belongs here: lines of patients and their moves. Does not belong here: appointments, and the arithmetic of waiting
(`ml.waiting`).
"""
