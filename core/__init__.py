"""The ground floor: what two or more rooms need, and nothing that only one needs.

Belongs here: the vocabulary, settings, clock, ids, errors, logging, sealing, the database engine with its
tables and migrations, and the embedded servers. Does not belong here: any rule about patients, any arithmetic.
"""
