"""From a forecast of visits to people on shift and beds, by a table of ratios that the hospital edits.

Belongs here: the translation of a whole forecast. Does not belong here: its arithmetic (`ml.staffing`), the hospital's
own table (database).
"""

from collections.abc import Mapping

from ml.forecasting.results import Forecast
from ml.staffing import DEFAULT_RATIOS, BedRule, Need, StaffRatio, check, need_of

__all__ = ["DEFAULT_RATIOS", "BedRule", "Need", "StaffRatio", "needs_of"]


def needs_of(
    forecast: Forecast, *, ratios: Mapping[str, StaffRatio] = DEFAULT_RATIOS, beds: BedRule | None = None
) -> tuple[Need, ...]:
    """Translate a forecast of visits into people per shift and beds.

    Parameters
    ----------
    forecast : Forecast
        Visits per month, week or day.
    ratios : mapping of str to StaffRatio
        The editable table.
    beds : BedRule, optional

    Raises
    ------
    InputError
        `invalid_ratio`; see `ml.staffing.need_of`.
    """
    rule = beds or BedRule()
    check(ratios, rule)
    return tuple(
        need_of(step.period, mean=step.mean, hi80=step.hi80, ratios=ratios, beds=rule) for step in forecast.steps
    )
