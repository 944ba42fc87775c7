"""What the figures of a report say, in sentences made from the models' own results.

Belongs here: one function a section, pure: payload in, sentences out. Does not belong here: any figure that the section
does not also show; advice. A count that is hidden stays hidden: a sentence is left out rather than guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from reports.charts import month_words, number

Data = Mapping[str, Any]
_ALARMING: Final = ("high", "critical")
_FULL_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return «a, b and c», or «a, b, c and 4 more».

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a', 'a and b', 'a, b, c and 2 more')
    """
    shown = list(names[:most]) + ([f"{len(names) - most} more"] if len(names) > most else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def change(new: float, old: float) -> str:
    """Return how new differs from old: «8 % more than», «as many as».

    Examples
    --------
    >>> change(108, 100), change(90, 100), change(100.2, 100)
    ('8 % more than', '10 % fewer than', 'as many as')
    """
    percent = round(100 * (new / old - 1))
    if percent == 0:
        return "as many as"
    return f"{abs(percent)} % {'more' if percent > 0 else 'fewer'} than"


def full_month(month: str) -> str:
    """Return «March 2027» for 2027-03."""
    year, _, position = month.partition("-")
    return f"{_FULL_MONTHS[int(position) - 1]} {year}"


def of_surge(data: Data) -> list[str]:
    if not data["conditions"]:
        return ["No condition has enough weeks behind it to be watched yet."]
    if not data["conditions"]:
        return ["No condition has enough weeks behind it to be watched yet."]
    if not data["conditions"]:
        return ["No condition has enough weeks behind it to be watched yet."]
    hot = [row for row in data["conditions"] if row["level"] in _ALARMING]
    if not hot:
        return [f"None of {len(data['conditions'])} watched conditions is above its usual range."]
    names = listed([row["condition"] for row in hot])
    verb, own = ("is", "its") if len(hot) == 1 else ("are", "their")
    found = [f"{names} {verb} above {own} usual range."]
    first = hot[0]
    if first["observed"] is not None and first["expected"] is not None and first["upper"] is not None:
        found.append(
            f"{first['condition']}: {number(first['observed'])} registrations in {first['week']}, where "
            f"{number(first['expected'])} were expected and up to {number(first['upper'])} would be usual."
        )
    if first["p_exceed"] is not None:
        chance = first["p_exceed"]
        words = f"{100 * chance:.1f} %" if chance >= 0.001 else "less than 0.1 %"
        found.append(f"Without a surge, a week like that would come with a probability of {words}.")
    return found


def of_trends(data: Data) -> list[str]:
    found = []
    if data["weeks"]:
        newest = data["weeks"][-1]
        if newest["conditions"]:
            found.append(f"{newest['conditions'][0]['condition']} led the top five of {newest['week']}.")
    for direction, words in (("rising", "more"), ("falling", "less")):
        rows = [row for row in data["trending"] if row["direction"] == direction]
        if rows:
            verb = "is" if len(rows) == 1 else "are"
            names = listed([row["condition"] for row in rows])
            found.append(f"{names} {verb} seen {words} often than in the weeks before.")
    seasonal = [row for row in data["seasonality"] if row["strength"] >= 0.5]
    if seasonal:
        strongest = max(seasonal, key=lambda row: row["strength"])
        found.append(
            f"{strongest['condition']} has the clearest season; its peak month is "
            f"{_FULL_MONTHS[strongest['peak_month'] - 1]}."
        )
    return found or ["No condition rose or fell more than chance explains."]


def of_demographics(data: Data) -> list[str]:
    found = []
    bands = [row for row in data["age_bands"] if row["share"] is not None]
    if bands:
        largest = max(bands, key=lambda row: row["share"])
        found.append(f"The largest age band is {largest['band']}: {100 * largest['share']:.0f} % of registrations.")
    sexes = {row["sex"]: row["share"] for row in data["sexes"]}
    if sexes.get("female") is not None and sexes.get("male") is not None:
        found.append(f"{100 * sexes['female']:.0f} % are women, {100 * sexes['male']:.0f} % men.")
    if any(row["count"] is None for row in (*data["age_bands"], *data["sexes"])):
        found.append("Some groups are hidden: they hold fewer than 11 registrations, or would give such a group away.")
    return found


def of_associations(data: Data) -> list[str]:
    kinds = {"age_band": "age", "sex": "sex"}
    strong = [row for row in data["tests"] if row["is_valid"] and row["strength"] in ("strong", "moderate")]
    if not strong:
        return [f"Among {number(data['n'])} registrations no condition goes with age or sex more than weakly."]
    best = max(strong, key=lambda row: row["cramers_v"] or 0)
    pairs = listed([f"{row['condition']} with {kinds[row['factor']]}" for row in strong])
    return [
        f"At least moderate: {pairs}.",
        f"The clearest is {best['condition']} with {kinds[best['factor']]}: Cramér's V {number(best['cramers_v'], 2)}.",
        "An association is no cause.",
    ]


def of_volume(data: Data) -> list[str]:
    steps = data["forecast"]
    if not steps:
        return [f"No forecast is given: {data['refused'] or 'too little history'}."]
    first = steps[0]
    year, _, month = first["month"].partition("-")
    before = next((row["count"] for row in data["history"] if row["month"] == f"{int(year) - 1}-{month}"), None)
    compared = f", {change(first['mean'], before)} a year before" if before else ""
    found = [
        f"{number(first['mean'])} registrations are expected in {full_month(first['month'])}{compared}; four in five "
        f"such forecasts should hold between {number(first['lo80'])} and {number(first['hi80'])}."
    ]
    peak = max(steps, key=lambda step: step["mean"])
    if peak is not first:
        found.append(f"The busiest month ahead is {month_words(peak['month'])} with about {number(peak['mean'])}.")
    judged = data["evaluation"]
    if judged and judged["mae"] is not None:
        found.append(
            f"On {judged['test_months']} months that the model had not seen, its mean error was "
            f"{number(judged['mae'])} registrations a month."
        )
    return found


def of_capacity(data: Data) -> list[str]:
    months, beds = data["months"], data["assumptions"]["beds"]
    worst = max(months, key=lambda row: row["beds_mean"])
    found = [
        f"The fullest month ahead is {full_month(worst['month'])}: {number(worst['beds_mean'])} of {beds} beds in use "
        f"on the mean day, {worst['beds_needed']} needed to suffice on 95 of 100 days."
    ]
    short = [row for row in months if row["beds_needed"] > beds]
    if short:
        found.append(f"{len(short)} of {len(months)} months ask for more than {beds} beds.")
    else:
        found.append(f"{beds} beds suffice in every month of the forecast.")
    return found


def of_system_health(data: Data) -> list[str]:
    judged = [row for row in data["promises"] if row["is_kept"] is not None and row["key"] != "open_sockets"]
    missed = [row for row in judged if not row["is_kept"]]
    if not judged:
        return ["Nothing was measured yet."]
    return [f"{len(judged) - len(missed)} of {len(judged)} measured promises are kept."]


INSIGHTS: Final[Mapping[str, Callable[[Data], list[str]]]] = {
    "illness_surge": of_surge,
    "health_trends": of_trends,
    "demographics": of_demographics,
    "associations": of_associations,
    "patient_volume": of_volume,
    "capacity": of_capacity,
    "system_health": of_system_health,
}
