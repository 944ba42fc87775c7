"""The truth that the risk models learn: what became of the patient within the horizon.

Belongs here: outcome -> risk class. Does not belong here: features.
"""

import numpy as np
import pandas as pd

from core.vocabulary import RISK_HORIZON_DAYS, RISK_OF_OUTCOME


def risk_labels(registrations: pd.DataFrame) -> pd.Series:
    """Return the risk class of each registration: `low`, `moderate`, `high`, or missing.

    Parameters
    ----------
    registrations : pandas.DataFrame
        With `registered_at`, `outcome`, `outcome_at`.

    Returns
    -------
    pandas.Series
        Text, with the index of `registrations`. Missing where the outcome is unknown, or came more than
        `RISK_HORIZON_DAYS` days after registration: it does not tell what happened inside the horizon. An outcome
        without a time is taken to be the visit's own.
    """
    by_outcome = {outcome.value: level.value for outcome, level in RISK_OF_OUTCOME.items()}
    label = registrations["outcome"].map(by_outcome).astype("str")
    delay = registrations["outcome_at"] - registrations["registered_at"]
    is_late = (delay > pd.Timedelta(days=RISK_HORIZON_DAYS)).to_numpy()
    return label.mask(is_late, np.nan).rename("risk_label")
