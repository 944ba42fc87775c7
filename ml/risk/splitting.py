"""Who may be on which side: splits by patient and by time, in which no row meets its twin.

Belongs here: groups and parts. Does not belong here: encoding (`preprocessing`), training.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.errors import InputError
from ml.risk.config import TrainingConfig


@dataclass(frozen=True)
class Parts:
    """Row positions for fitting, for validation (curve and calibration) and for the evaluation."""

    fit: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]


def row_groups(rows: pd.DataFrame, owners: NDArray[np.intp] | None = None) -> tuple[NDArray[np.intp], int]:
    """Number the groups that must stay together: equal rows, and rows of one owner, transitively.

    Parameters
    ----------
    rows : pandas.DataFrame
        What a model would see of each row.
    owners : numpy.ndarray of int, optional
        Patient (or other owner) of each row.

    Returns
    -------
    groups : numpy.ndarray of int
        Group of each row.
    n_identical : int
        Rows that equal an earlier row.
    """
    hashes = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    twins, twin_of = np.unique(hashes, return_inverse=True)
    n_identical = len(rows) - len(twins)
    if owners is None:
        return twin_of.astype(np.intp), n_identical
    if n_identical == 0:
        return owners.astype(np.intp), 0
    # A graph between owners and twin classes: its components are what may not be parted.
    n_owners = int(owners.max(initial=-1)) + 1
    size = n_owners + len(twins)
    edges = coo_array((np.ones(len(rows), dtype=np.int8), (owners, n_owners + twin_of)), shape=(size, size))
    _, component = connected_components(edges.tocsr(), directed=False)
    return component[owners].astype(np.intp), n_identical


def split_rows(groups: NDArray[np.intp], registered_at: NDArray[np.datetime64], config: TrainingConfig) -> Parts:
    """Part the rows 70-30, and 20 % of the 70 for validation.

    By patient: whole groups at random. By time: the latest 30 % of the rows are the test, and no group of the test
    stays in the training; validation is by group within the training.

    Raises
    ------
    InputError
        If there are too few groups to fill every part.
    """
    rng = np.random.default_rng(config.seed)
    distinct, group = np.unique(groups, return_inverse=True)
    if len(distinct) < 10:
        raise InputError(f"{len(distinct)} patients are too few to split; at least 10 are needed")
    order = rng.permutation(len(distinct))
    place = np.empty(len(distinct), dtype=float)
    place[order] = (np.arange(len(distinct)) + 0.5) / len(distinct)
    share = place[group]
    if config.split == "time":
        cut = np.quantile(registered_at.astype(np.int64), 1 - config.test_share)
        is_test = registered_at.astype(np.int64) > cut
        is_train = ~is_test & ~np.isin(group, group[is_test])
    else:
        is_test = share >= 1 - config.test_share
        is_train = ~is_test
        share = share / (1 - config.test_share)
    is_validation = is_train & (share >= 1 - config.validation_share)
    parts = Parts(
        fit=np.flatnonzero(is_train & ~is_validation),
        validation=np.flatnonzero(is_validation),
        test=np.flatnonzero(is_test),
    )
    if not all(map(len, (parts.fit, parts.validation, parts.test))):
        raise InputError("a part of the split is empty: more patients, or a longer time, are needed")
    return parts
