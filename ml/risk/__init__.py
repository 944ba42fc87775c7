"""The risk ensemble: training, honest evaluation, export and the gate.

Belongs here: everything that needs TensorFlow (`network` only) or scikit-learn to make and judge a risk model. Does not
belong here: features (`ml.features`), the released format and its scorer (`ml.release`), the registry (`ml.registry`).

Importing this package is cheap; TensorFlow is loaded when a network is built.
"""

from ml.risk.config import TrainingConfig
from ml.risk.gate import judge
from ml.risk.model import MediSyncInsightsModel

__all__ = ["MediSyncInsightsModel", "TrainingConfig", "judge"]
