"""The model registry: the only room that knows MLflow.

Belongs here: logging a candidate's run, registering its version, reading the champion alias, and the code that MLflow
itself loads a version with. Does not belong here: training, judging, releasing, or who may promote.
"""

from ml.registry.client import Candidate, Registered, Registry

__all__ = ["Candidate", "Registered", "Registry"]
