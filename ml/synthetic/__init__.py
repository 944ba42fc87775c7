"""A synthetic hospital with known truth: seeded, vectorised, in the columns of the contract.

Belongs here: what other rooms may use of it. Does not belong here: reading or writing of files.
"""

from ml.synthetic.faults import Fault, with_faults
from ml.synthetic.hospital import (
    DEFAULT_END,
    DEFAULT_SEED,
    Hospital,
    generate_hospital,
    generate_synthetic_data,
)
from ml.synthetic.risk import risk_probabilities

__all__ = [
    "DEFAULT_END",
    "DEFAULT_SEED",
    "Fault",
    "Hospital",
    "generate_hospital",
    "generate_synthetic_data",
    "risk_probabilities",
    "with_faults",
]
