"""The champion in use: following the registry, verifying releases, assessing patients, moving the alias.

Belongs here: serving of the risk model. Does not belong here: training, the format of a release (`ml.release`),
MLflow's own client (only its REST address is spoken to).
"""
