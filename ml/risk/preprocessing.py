"""From the feature frame to what the members take: split, fit the encoder on the training part, encode.

Belongs here: fitting (`Encoder` and StandardScaler on training rows only) and the prepared arrays. Does not belong
here: applying the encoder (`ml.release.encoder`), computing features (`ml.features`).
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from core.errors import InputError
from core.vocabulary import RISK_CLASSES
from ml.features.columns import FEATURE_COLUMNS, LABEL_COLUMN, NUMERIC_FEATURES
from ml.release.encoder import Encoder
from ml.risk.config import TrainingConfig
from ml.risk.splitting import Parts, row_groups, split_rows

#: Rows of the golden set.
GOLDEN_ROWS: Final = 500
#: A condition gets a column of its own from this many training rows on; rarer ones count for nothing.
_LEAST_CONDITION_ROWS: Final = 11
_MOST_CONDITIONS: Final = 60


@dataclass(frozen=True)
class Prepared:
    """Everything that training and evaluation take; made from features and config alone, so it can be made again.

    Attributes
    ----------
    encoder : Encoder
    rows : pandas.DataFrame
        The labelled feature rows.
    matrix : numpy.ndarray
        (n, d) float32 of all labelled rows.
    labels : numpy.ndarray of int
        Class index into `RISK_CLASSES`.
    patients : numpy.ndarray of int
        Patient number of each row.
    parts : Parts
    n_unlabelled, n_identical : int
        Rows left out because their outcome is unknown; rows equal to an earlier one (kept on its side of the split).
    golden_matrix : numpy.ndarray
        (g, d) float32: training columns shuffled one by one.
    """

    encoder: Encoder
    rows: pd.DataFrame
    matrix: NDArray[np.float32]
    labels: NDArray[np.intp]
    patients: NDArray[np.intp]
    parts: Parts
    n_unlabelled: int
    n_identical: int
    golden_matrix: NDArray[np.float32]


def prepare(features: pd.DataFrame, config: TrainingConfig) -> Prepared:
    """Split the labelled rows, fit the encoder on the fitting part, and encode all.

    Parameters
    ----------
    features : pandas.DataFrame
        What `ml.features.build_risk_features` returns.
    config : TrainingConfig

    Raises
    ------
    InputError
        If a column is absent or a class has no training row.
    """
    absent = [name for name in (*FEATURE_COLUMNS, LABEL_COLUMN) if name not in features.columns]
    if absent:
        raise InputError(f"feature columns are absent: {', '.join(absent)}")
    is_labelled = features[LABEL_COLUMN].notna().to_numpy()
    rows = features[is_labelled].reset_index(drop=True)
    codes = {level.value: code for code, level in enumerate(RISK_CLASSES)}
    labels = np.asarray(rows[LABEL_COLUMN].map(codes), dtype=np.intp)
    patients = pd.factorize(rows["patient_id"])[0].astype(np.intp)
    groups, n_identical = row_groups(rows[list(FEATURE_COLUMNS)], patients)
    moments = rows["registered_at"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
    parts = split_rows(groups, moments, config)
    counts = np.bincount(labels[parts.fit], minlength=len(RISK_CLASSES))
    if counts.min() == 0:
        raise InputError(f"no training row is {RISK_CLASSES[int(counts.argmin())].value}; every class needs some")
    arrays = feature_arrays(rows)
    encoder = fit_encoder({name: values[parts.fit] for name, values in arrays.items()})
    matrix = encoder.transform(arrays)
    return Prepared(
        encoder=encoder,
        rows=rows,
        matrix=matrix,
        labels=labels,
        patients=patients,
        parts=parts,
        n_unlabelled=int((~is_labelled).sum()),
        n_identical=n_identical,
        golden_matrix=_golden_matrix(arrays, parts.fit, encoder, config.seed),
    )


def feature_arrays(rows: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return the columns of a feature frame as the arrays that `Encoder.transform` takes."""
    arrays: dict[str, NDArray[Any]] = {name: rows[name].to_numpy(dtype=float) for name in NUMERIC_FEATURES}
    arrays["condition"] = rows["condition"].to_numpy(dtype=object)
    return arrays


def fit_encoder(arrays: dict[str, NDArray[Any]]) -> Encoder:
    """Fit medians, condition codes and StandardScaler on these rows and no others.

    A feature that is missing in every row gets the median 0.
    """
    conditions = pd.Series(arrays["condition"]).value_counts()
    kept = sorted(str(name) for name in conditions[conditions >= _LEAST_CONDITION_ROWS].index[:_MOST_CONDITIONS])
    kept = kept or [str(conditions.index[0])]
    size = len(arrays["condition"])
    medians: dict[str, float] = {}
    typical: dict[str, tuple[float, float]] = {}
    for name in NUMERIC_FEATURES:
        known = arrays[name][~np.isnan(arrays[name])]
        medians[name] = float(np.median(known)) if len(known) else 0.0
        low, high = np.quantile(known, [0.005, 0.995]) if len(known) else (0.0, 0.0)
        typical[name] = (float(low), float(high))
    width = len(NUMERIC_FEATURES) + 1 + len(kept)
    unfitted = Encoder(
        numeric=NUMERIC_FEATURES,
        conditions={name: code for code, name in enumerate(kept)},
        condition_shares=tuple(float(conditions[name]) / size for name in kept),
        medians=medians,
        typical=typical,
        common_condition=str(conditions.index[0]),
        means=(0.0,) * width,
        scales=(1.0,) * width,
    )
    scaler = StandardScaler().fit(unfitted.unscaled(arrays))
    means, scales = np.asarray(scaler.mean_, dtype=float), np.asarray(scaler.scale_, dtype=float)
    return replace(unfitted, means=tuple(means.tolist()), scales=tuple(scales.tolist()))


def _golden_matrix(
    arrays: dict[str, NDArray[Any]], fit: NDArray[np.intp], encoder: Encoder, seed: int
) -> NDArray[np.float32]:
    """Draw each column's values from different training rows: realistic, and nobody's record."""
    rng = np.random.default_rng([seed, 1])
    shuffled = {name: values[rng.choice(fit, GOLDEN_ROWS)] for name, values in sorted(arrays.items())}
    return encoder.transform(shuffled)
