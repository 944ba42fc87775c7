"""What a steward does about parked rows: mend one, let one pass, have months made again.

Belongs here: decisions and replays. Does not belong here: reading lists of parked rows and runs (`serving.validation`),
what a decision does to a row (`expectations.parting`), making months (the pipeline).
"""
