"""Appointments: who can be seen when, and nobody twice.

Belongs here: providers, rooms, weekly schedules, holds, bookings, the wait list. Does not belong here: queues.
"""
