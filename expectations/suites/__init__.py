"""The suites by name: what each stage of the pipeline promises of its rows.

Belongs here: the list of suites. Does not belong here: a rule (one module per suite) and the engine.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from expectations.rules import Rule
from expectations.suites import features_risk, predictions, raw_registrations, validated_registrations


@dataclass(frozen=True)
class Suite:
    """A named, versioned set of rules; `rules` is given the frame, as features are only known with it."""

    name: str
    version: str
    rules: Callable[[pd.DataFrame], tuple[Rule, ...]]


SUITES: dict[str, Suite] = {
    module.NAME: Suite(module.NAME, module.VERSION, module.rules)
    for module in (raw_registrations, validated_registrations, features_risk, predictions)
}
