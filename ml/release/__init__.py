"""The fixed format in which a risk model leaves the pipeline, and the scorer that serves it.

Belongs here: packing and verifying released bytes, and turning one patient's inputs into an assessment with numpy and
ONNX Runtime. Does not belong here: training, TensorFlow, scikit-learn, MLflow, pandas, or anything that unpickles.

    payload = pack(bundle); signature = core.sealing.sign(payload, seed_hex=…)
    scorer = Scorer(unpack(payload, signature=signature, public=…))      # replays the golden set
    scorer.assess({"age_years": 71, "sex": "female", …})                  # -> Assessment
"""

from ml.release.assessment import Assessment
from ml.release.bundle import Bundle, Golden
from ml.release.calibration import Calibration
from ml.release.consensus import ConsensusRule
from ml.release.container import pack, sign, unpack
from ml.release.encoder import Encoder
from ml.release.scorer import Scorer

__all__ = [
    "Assessment",
    "Bundle",
    "Calibration",
    "ConsensusRule",
    "Encoder",
    "Golden",
    "Scorer",
    "pack",
    "sign",
    "unpack",
]
