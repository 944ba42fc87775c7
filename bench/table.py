"""One line of a measurement, and the table of them.

Belongs here: the shape and the print-out that measurements share. Does not belong here: any measurement.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class BenchRow:
    """One line of the table.

    Parameters
    ----------
    promise : str
    target : str
    measured : float
    unit : str
    naive : float or None
        What the plain way (or the published model) gives in the same run.
    """

    promise: str
    target: str
    measured: float
    unit: str
    naive: float | None = None

    @property
    def ratio(self) -> float | None:
        """Measured over naive."""
        return self.measured / self.naive if self.naive else None


def show(rows: Iterable[BenchRow]) -> None:
    """Print the table."""
    print(f"{'promise':<95} {'target':<22} {'measured':>10} {'naive':>10} {'ratio':>8}")
    for row in rows:
        naive = f"{row.naive:.4g}{row.unit}" if row.naive is not None else ""
        ratio = f"{row.ratio:.4f}" if row.ratio is not None else ""
        print(f"{row.promise:<95} {row.target:<22} {f'{row.measured:.4g}{row.unit}':>10} {naive:>10} {ratio:>8}")
