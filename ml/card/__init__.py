"""The model card: which attributes it has, what is missing, and its export as CHAI's applied model card.

Belongs here: pure rules about a card, light enough for a web worker. Does not belong here: measuring a model
(`ml.risk.card` fills what a run knows), keeping what people sign (tables), the verdict on figures (`ml.risk.gate`).
"""

from ml.card.attributes import ATTRIBUTES, MEASURED, STATED, Attribute, missing_attributes
from ml.card.chai import to_chai, to_xml
from ml.card.drafts import DRAFTS
from ml.card.verdict import judge_card

__all__ = [
    "ATTRIBUTES",
    "DRAFTS",
    "MEASURED",
    "STATED",
    "Attribute",
    "judge_card",
    "missing_attributes",
    "to_chai",
    "to_xml",
]
