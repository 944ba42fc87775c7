"""Software-defined assets: thin glue that carries frames between `ml`, `expectations` and the warehouse.

Belongs here: assets, asset checks, the IO manager, and the intake of files (`intake/`). Does not belong here:
arithmetic (`ml/`), rules on data (`expectations/`), HTTP (`serving/`).
"""
