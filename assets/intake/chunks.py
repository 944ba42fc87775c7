"""What every reader yields: a stretch of records as text, and the records in it that could not be read.

Belongs here: the shapes Chunk and Broken. Does not belong here: any format.
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Broken:
    """A record that could not be read: where it is, what ails it (no value of it), and a hash of its text."""

    record: str
    fault: str
    digest: str


@dataclass(frozen=True)
class Chunk:
    """Some records, in the order of the file.

    Attributes
    ----------
    rows : pandas.DataFrame
        Text columns as the source names them; empty text is missing.
    records : list[str]
        Of each row, where in the source it stands ("line 17").
    broken : tuple[Broken, ...]
        Records of this stretch that are not among `rows`.
    """

    rows: pd.DataFrame
    records: list[str]
    broken: tuple[Broken, ...] = ()
