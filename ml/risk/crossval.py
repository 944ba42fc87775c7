"""Network, forest and ensemble on any table, cross-validated without letting a row meet its twin.

Belongs here: folds, out-of-fold predictions, the report. Does not belong here: typing columns (`tabular`), metrics
(`metrics`), reading the file and printing (`medisync.risk`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.tree import DecisionTreeClassifier

from core.errors import InputError
from ml.risk.config import TrainingConfig
from ml.risk.forest import train_forest
from ml.risk.metrics import ModelMetrics, measure
from ml.risk.splitting import row_groups
from ml.risk.tabular import TypedTable, clean_text, encode_fold, read_numbers, type_columns

#: Told in words how far the work is.
Tell = Callable[[str], None]
MODELS: Final = ("network", "forest", "ensemble")
_MOST_CLASSES: Final = 20
#: Tables of a thousand rows are common here, and nothing is released: leaves may be smaller than a hospital's.
_LEAF_ROWS: Final = 3
#: One column that alone ranks the classes this well is more likely a copy of the answer than a predictor.
_SUSPICIOUS_AUROC: Final = 0.9


@dataclass(frozen=True)
class TableReport:
    """What the models make of a table; every prediction comes from models that saw neither the row nor its group.

    Attributes
    ----------
    target : str
    n : int
        Rows with a known target.
    class_counts : dict of str to int
    columns : tuple of str
        Columns in use.
    excluded, notes, suspected_leaks : tuple of str
        Columns left out on request; what was dropped or read otherwise; columns that alone nearly give the target.
    folds, n_groups, n_identical : int
        Folds; groups that were kept together; rows equal to an earlier row.
    models : dict of str to ModelMetrics
        `network`, `forest`, `ensemble` (equal weights).
    """

    target: str
    n: int
    class_counts: dict[str, int]
    columns: tuple[str, ...]
    excluded: tuple[str, ...]
    notes: tuple[str, ...]
    suspected_leaks: tuple[str, ...]
    folds: int
    n_groups: int
    n_identical: int
    models: dict[str, ModelMetrics]


def evaluate_table(
    table: pd.DataFrame,
    *,
    target: str,
    group: str | None = None,
    exclude: Sequence[str] = (),
    merge: Sequence[Sequence[str]] = (),
    folds: int = 5,
    config: TrainingConfig | None = None,
    n_bootstrap: int = 200,
    tell: Tell | None = None,
) -> TableReport:
    """Cross-validate the models on a table of text.

    Parameters
    ----------
    table : pandas.DataFrame
        All columns text, as read.
    target : str
        Column with the class of each row.
    group : str, optional
        Column whose equal values stay in one fold, for instance the patient; it is no predictor.
    exclude : sequence of str
        Columns that must not be seen: what is only known after the fact.
    merge : sequence of sequence of str
        Target values that form one class each, for instance `[["1", "2"], ["3"], ["4", "5"]]`.
    folds : int
    config : TrainingConfig, optional
    n_bootstrap : int
    tell : callable, optional
        Told about each step.

    Raises
    ------
    InputError
        If a column is unknown, no column is left, or there are fewer folds than 2, or more than a class has rows or
        the table has groups.
    """
    if folds < 2:
        raise InputError(f"folds is {folds}; 2 or more are allowed")
    config = config or TrainingConfig(min_leaf_rows=_LEAF_ROWS)
    tell = tell or (lambda _: None)
    unknown = [name for name in (target, *([group] if group else []), *exclude) if name not in table.columns]
    if unknown:
        raise InputError(f"no such column: {', '.join(unknown)}; there are {', '.join(map(str, table.columns))}")
    answers = merge_values(clean_text(table[target]), merge)
    is_known = (answers != "").to_numpy()
    table, answers = table[is_known].reset_index(drop=True), answers[is_known].reset_index(drop=True)
    classes, labels = _classes(answers, folds)
    typed = type_columns(table.drop(columns=list(dict.fromkeys([target, *exclude, *([group] if group else [])]))))
    if not typed.columns:
        raise InputError(f"no column is left to predict {target} from: {'; '.join(typed.notes)}")
    owners = pd.factorize(clean_text(table[group]))[0].astype(np.intp) if group else None
    groups, n_identical = row_groups(table[list(typed.columns)], owners)
    n_groups = len(np.unique(groups))
    if n_groups < folds:
        raise InputError(f"{n_groups} groups of rows cannot be parted into {folds} folds; use fewer, or another group")
    suspects = suspected_leaks(typed, labels, config.seed)
    for text in (*typed.notes, *(f"suspected leak: {name}" for name in suspects)):
        tell(text)
    probabilities = _out_of_fold(typed, labels, groups, folds, config, tell)
    return TableReport(
        target=target,
        n=len(labels),
        class_counts={name: int((labels == code).sum()) for code, name in enumerate(classes)},
        columns=typed.columns,
        excluded=tuple(exclude),
        notes=(
            *([f"{int((~is_known).sum())} rows without a target left out"] if not is_known.all() else []),
            *typed.notes,
        ),
        suspected_leaks=suspects,
        folds=folds,
        n_groups=n_groups,
        n_identical=n_identical,
        models={
            name: measure(
                labels,
                probabilities[name],
                classes=classes,
                clusters=groups,
                n_bootstrap=n_bootstrap,
                seed=config.seed,
            )
            for name in MODELS
        },
    )


def merge_values(answers: pd.Series, merge: Sequence[Sequence[str]]) -> pd.Series:
    """Put target values together; every value that occurs must be named if any is."""
    if not merge:
        return answers
    names = {value: "+".join(values) for values in merge for value in values}
    unnamed = sorted(set(answers.unique()) - set(names) - {""})
    if unnamed:
        raise InputError(f"target values without a class: {', '.join(unnamed)}")
    return answers.map(names).fillna("")


def _classes(answers: pd.Series, folds: int) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the class names in order (of number, where they are numbers) and each row's class index."""
    counts = answers.value_counts()
    if not 2 <= len(counts) <= _MOST_CLASSES:
        raise InputError(f"the target has {len(counts)} classes; 2 to {_MOST_CLASSES} are allowed")
    rare = [str(name) for name, count in counts.items() if count < folds]
    if rare:
        raise InputError(f"classes with fewer than {folds} rows: {', '.join(rare)}; merge or remove them")
    names = [str(name) for name in counts.index]
    numbers = read_numbers(pd.Series(names))
    order = np.argsort(numbers) if np.isfinite(numbers).all() else np.argsort(np.array(names))
    classes = tuple(names[at] for at in order)
    codes = {name: code for code, name in enumerate(classes)}
    return classes, np.asarray(answers.map(codes), dtype=np.intp)


def _out_of_fold(
    typed: TypedTable,
    labels: NDArray[np.intp],
    groups: NDArray[np.intp],
    folds: int,
    config: TrainingConfig,
    tell: Tell,
) -> dict[str, NDArray[np.float64]]:
    """Return the (n, k) out-of-fold probabilities of each model."""
    # TensorFlow takes ten seconds to import: only who trains a network pays.
    from ml.risk.network import train_network

    k = int(labels.max()) + 1
    found = {name: np.zeros((len(labels), k)) for name in MODELS}
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=config.seed)
    for number, (train, test) in enumerate(splitter.split(labels, labels, groups), start=1):
        absent = sorted(set(range(k)) - set(labels[train].tolist()))
        if absent:
            raise InputError(f"fold {number} has no training row of {len(absent)} classes: use fewer folds or merge")
        if len(np.unique(groups[train])) < 2:
            raise InputError(f"fold {number} has 1 group of rows to train on; at least 2 are needed: use another group")
        matrix = encode_fold(typed, train.astype(np.intp))
        fit, validation = _hold_out(train, groups, config)
        curve_rows = (matrix[validation], labels[validation])
        network = train_network(matrix[fit], labels[fit], validation=curve_rows, config=config, classes=k)
        forest: Any = train_forest(matrix[train], labels[train], config=config)
        found["network"][test] = network.probabilities(matrix[test])
        found["forest"][test] = forest.predict_proba(matrix[test])
        found["ensemble"][test] = (found["network"][test] + found["forest"][test]) / 2
        right = float((found["ensemble"][test].argmax(axis=1) == labels[test]).mean())
        tell(f"fold {number} of {folds}: {len(train)} rows trained, {len(test)} judged, ensemble accuracy {right:.3f}")
    return found


def _hold_out(
    train: NDArray[np.integer], groups: NDArray[np.intp], config: TrainingConfig
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Part the training rows 80-20 by group, for the network's validation curve."""
    distinct = np.unique(groups[train])
    rng = np.random.default_rng(config.seed)
    chosen = rng.permutation(distinct)[: max(1, round(len(distinct) * config.validation_share))]
    is_held = np.isin(groups[train], chosen)
    return train[~is_held].astype(np.intp), train[is_held].astype(np.intp)


def suspected_leaks(typed: TypedTable, labels: NDArray[np.intp], seed: int) -> tuple[str, ...]:
    """Name the columns of which one alone, in a small tree on half the rows, ranks the other half almost rightly."""
    rng = np.random.default_rng(seed)
    half = rng.permutation(len(labels))
    fit, check = half[: len(half) // 2], half[len(half) // 2 :]
    if len(np.unique(labels[fit])) != len(np.unique(labels)) or len(np.unique(labels[check])) != len(np.unique(labels)):
        return ()
    found: list[str] = []
    for name in typed.columns:
        single = TypedTable(
            {name: typed.numeric[name]} if name in typed.numeric else {},
            {name: typed.categorical[name]} if name in typed.categorical else {},
            (),
        )
        matrix = encode_fold(single, fit)
        tree = DecisionTreeClassifier(max_depth=5, min_samples_leaf=3, random_state=seed).fit(matrix[fit], labels[fit])
        scores = np.asarray(tree.predict_proba(matrix[check]))
        is_binary = scores.shape[1] == 2
        area = roc_auc_score(labels[check], scores[:, 1] if is_binary else scores, multi_class="ovr")
        if area >= _SUSPICIOUS_AUROC:
            found.append(name)
    return tuple(found)
