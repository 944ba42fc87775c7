"""The figures of each section: charts, tables and tiles, ready to be set.

Belongs here: choosing rows and words for paper. Does not belong here: geometry (`charts`), sentences (`insights`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from reports import charts
from reports.charts import month_words, number

Data = Mapping[str, Any]
Figure = dict[str, Any]
_WEEKS_SHOWN, _ROWS_SHOWN = 8, 14
_LEVEL_WORDS: Final = {"low": "usual", "moderate": "raised", "high": "high", "critical": "critical"}
_ARROWS: Final = {"rising": "↑ rising", "falling": "↓ falling", "steady": "→ steady"}


def chart(svg: str, *, alt: str, caption: str) -> Figure:
    return {"kind": "chart", "svg": svg, "alt": alt, "caption": caption}


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, left: int = 1) -> Figure:
    """Return a table whose first `left` columns are words; the others are figures, set to the right."""
    aligned = ["left" if position < left else "right" for position in range(len(columns))]
    return {"kind": "table", "columns": list(columns), "align": aligned, "rows": [list(row) for row in rows],
            "caption": caption}  # fmt: skip


def heat(
    columns: Sequence[str], rows: Sequence[tuple[str, Sequence[tuple[str, str]], Sequence[str]]], *, caption: str,
    levels: Sequence[tuple[str, str]] = (),
) -> Figure:  # fmt: skip
    """Return a table of coloured cells: (label, [(words, tone)], further words); each row may end with a level."""
    content = [
        {"label": label, "cells": [{"text": words, "tone": tone} for words, tone in cells], "tail": list(tail),
         "word": levels[index][0] if levels else "", "tone": levels[index][1] if levels else ""}
        for index, (label, cells, tail) in enumerate(rows)
    ]  # fmt: skip
    return {"kind": "heat", "columns": list(columns), "rows": content, "caption": caption}


def tiles(items: Sequence[tuple[str, str, str, str]]) -> Figure:
    """Return large figures: (label, value, note, tone)."""
    return {
        "kind": "tiles",
        "tiles": [{"label": label, "value": value, "note": note, "tone": tone} for label, value, note, tone in items],
    }


def percent(share: float | None, digits: int = 0) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def _between(low: float | None, high: float | None, digits: int) -> str:
    return "–" if low is None or high is None else f"{number(low, digits)}–{number(high, digits)}"


def of_surge(data: Data) -> list[Figure]:
    rows = data["conditions"][:_ROWS_SHOWN]
    if not rows:
        return []
    weeks = [week["week"].partition("-")[2] for week in rows[0]["weeks"][-_WEEKS_SHOWN:]]
    content = []
    for row in rows:
        cells = [(number(week["count"]), week["level"] or "unknown") for week in row["weeks"][-_WEEKS_SHOWN:]]
        usual = f"{number(row['expected'])} (≤ {number(row['upper'])})"
        content.append((row["condition"], cells, [usual]))
    more = len(data["conditions"]) - len(rows)
    rest = f" {more} further conditions are not shown." if more > 0 else ""
    caption = f"Registrations a week, coloured by how far the week lies above what earlier weeks explain.{rest}"
    levels = [(_LEVEL_WORDS.get(row["level"], "unknown"), row["level"] or "unknown") for row in rows]
    return [heat(["Condition", *weeks, "Usual", "Level"], content, caption=caption, levels=levels)]


def of_trends(data: Data) -> list[Figure]:
    found: list[Figure] = []
    if data["weeks"]:
        newest = data["weeks"][-1]
        rows = [
            (f"{row['rank']}. {row['condition']}", row["share"], row["share_low"], row["share_high"],
             f"{number(row['count'])} · {percent(row['share'])}")
            for row in newest["conditions"]
        ]  # fmt: skip
        words = f"The five most frequent conditions of {newest['week']}, {number(newest['total'])} registrations"
        caption = f"{words}; whiskers: 95 % Wilson interval of the share."
        found.append(chart(charts.share_bars(rows), alt=f"{words}.", caption=caption))
    if data["trending"]:
        lines = [
            [row["condition"], number(row["recent_count"]), number(row["previous_count"]),
             "–" if row["ratio"] is None else f"× {row['ratio']:.2f}",
             _between(row["ratio_low"], row["ratio_high"], 2), _ARROWS[row["direction"]]]
            for row in data["trending"][:10]
        ]  # fmt: skip
        head = ["Condition", "Recent", "Before", "Ratio", "95 % interval", "Direction"]
        found.append(table(head, lines, caption="Recent weeks against as many weeks before."))
    seasons = sorted(data["seasonality"], key=lambda row: -row["strength"])[:8]
    if seasons:
        content = [
            (row["condition"], [(f"{value:.1f}", f"s{_step(value)}") for value in row["monthly_index"]], [])
            for row in seasons
        ]
        caption = "Season: registrations of a month against the yearly mean (1.0)."
        found.append(heat(["Condition", *"JFMAMJJASOND"], content, caption=caption))
    return found


def _step(index: float) -> int:
    """Return 0 to 5 for the depth of a season's cell."""
    return min(max(int((index - 0.7) / 0.2), 0), 5)


def of_demographics(data: Data) -> list[Figure]:
    rows = [
        [row["sex"].capitalize(), number(row["count"]), percent(row["share"], 1),
         "–" if row["share_low"] is None else f"{100 * row['share_low']:.1f}–{100 * row['share_high']:.1f} %"]
        for row in data["sexes"]
    ]  # fmt: skip
    span = f"{data['period_start_date'] or '–'} to {data['period_end_date'] or '–'}"
    words = f"Registrations by age band and sex, {span}"
    return [
        chart(
            charts.pyramid([row for row in data["age_bands"] if row["count"] != 0]),
            alt=f"{words}.",
            caption=f"{words}; {number(data['total'])} in all.",
        ),
        table(["Sex", "Registrations", "Share", "95 % interval"], rows, caption="Wilson intervals."),
    ]


def of_associations(data: Data) -> list[Figure]:
    kinds = {"age_band": "age", "sex": "sex"}
    tests = [row for row in data["tests"] if row["cramers_v"] is not None]
    best = sorted(tests, key=lambda row: -(row["cramers_v"] or 0))[:12]
    if not best:
        return []
    rows = []
    for row in best:
        adjusted = row["p_adjusted"]
        chance = "" if adjusted is None else "p < 0.001" if adjusted < 0.001 else f"p = {adjusted:.3f}"
        rows.append(
            (f"{row['condition']} · {kinds[row['factor']]}", row["cramers_v"], row["v_low"], row["v_high"],
             f"{row['cramers_v']:.2f} {row['strength']}" + (f", {chance}" if chance else ""))
        )  # fmt: skip
    top = max(row[3] or row[1] or 0 for row in rows)
    caption = "Cramér's V with its 95 % bootstrap interval; chi-square p adjusted by Holm; "
    caption += f"{number(data['n'])} registrations."
    return [chart(charts.forest(rows, top), alt="Strength of association of conditions with age and sex.",
                  caption=caption)]  # fmt: skip


def of_volume(data: Data) -> list[Figure]:
    words = "Registrations a month: counted, and expected with 80 and 95 % intervals"
    found = [chart(charts.volume_chart(data["history"], data["forecast"]), alt=f"{words}.", caption=f"{words}.")]
    if data["forecast"]:
        cells = [
            [month_words(step["month"]), number(step["mean"]), _between(step["lo80"], step["hi80"], 0),
             _between(step["lo95"], step["hi95"], 0)]
            for step in data["forecast"][:12]
        ]  # fmt: skip
        # Two halves beside each other: a year fits under its chart.
        half = (len(cells) + 1) // 2
        right = [*cells[half:], *[["", "", "", ""]] * (2 * half - len(cells))]
        rows = [first + second for first, second in zip(cells[:half], right, strict=True)]
        head = ["Month", "Expected", "80 % interval", "95 % interval"] * 2
        found.append(table(head, rows, caption=f"Model: {data['model']}."))
    return found


def of_staffing(data: Data) -> list[Figure]:
    months = data["months"][:12]
    bars = [
        (month_words(row["month"])[:3], row["mean_per_day"], row["lo80_per_day"], row["hi80_per_day"]) for row in months
    ]
    words = "Expected registrations a day, by month"
    return [
        chart(charts.range_bars(bars), alt=f"{words}.", caption=f"{words}; whiskers: 80 % interval of the mean day.")
    ]


def of_capacity(data: Data) -> list[Figure]:
    rule = data["assumptions"]
    rows = [
        [month_words(row["month"]), number(row["registrations_per_day"], 1), number(row["beds_mean"], 1),
         number(row["beds_needed"]), number(row["nurses_per_shift"]), percent(row["occupancy"])]
        for row in data["months"][:12]
    ]  # fmt: skip
    head = ["Month", "Registrations a day", "Beds in use, mean", "Beds needed", "Nurses a shift", "Occupancy"]
    caption = (
        f"Assumed: {percent(rule['admitted_share'], 1)} admitted ({rule['admitted_share_source']}), "
        f"{rule['stay_days']:g} days' stay, {rule['beds']} beds, {rule['visits_per_nurse_shift']:g} visits a nurse and "
        "shift. Beds needed: enough on 95 of 100 days. A place to start from; edit it in the dashboard."
    )
    return [table(head, rows, caption=caption)]


_GLANCES: Final = {
    "registrations_last_day": "Registrations in 24 hours",
    "conditions_above_usual": "Conditions above usual",
    "expected_next_month": "Expected registrations",
    "busiest_month": "Busiest month ahead",
}
_PROMISES: Final = {
    "dashboard_p95": "Dashboard answers, 95 % within",
    "assessment_p95": "Risk assessments, 95 % within",
    "report_p95": "Reports, 95 % within",
    "statement_p95": "Database statements, 95 % within",
    "news_p95": "From a change to the screens, 95 % within",
    "uptime_share": "Time served, last 30 days",
    "answered_share": "Requests answered without a fault",
    "cache_hit_share": "Pages from the cache",
    "published_age": "Oldest published analysis",
    "open_sockets": "Live screens open",
}


def of_overview(data: Data) -> list[Figure]:
    def note(row: Data) -> str:
        period = row["period"] or "counted live"
        return month_words(period) if len(period) == 7 and "W" not in period else period

    return [tiles([(_GLANCES[row["key"]], number(row["value"]), note(row), "plain") for row in data["glances"]])]


def quantity(value: float | None, unit: str) -> str:
    """Return a measured value with its unit.

    Examples
    --------
    >>> quantity(0.0421, "seconds"), quantity(0.998, "share"), quantity(None, "hours")
    ('42 ms', '99.8 %', '–')
    >>> quantity(0.9986, "share"), quantity(0.999, "share"), quantity(1.0, "share")
    ('99.86 %', '99.9 %', '100.0 %')
    """
    if value is None:
        return "–"
    if unit == "share" and value > 0.99 and (value * 1000) % 1 > 1e-6:
        return percent(value, 2)
    if unit == "seconds":
        return f"{1000 * value:.0f} ms" if value < 1 else f"{value:g} s"
    return {"share": percent(value, 1), "hours": f"{value:.0f} h", "count": number(value)}[unit]


def of_system_health(data: Data) -> list[Figure]:
    rows = []
    for row in data["promises"]:
        least = "at most" if row["bound"] == "at_most" else "at least"
        goal = "" if row["key"] == "open_sockets" else f"{least} {quantity(row['target'], row['unit'])}"
        kept = {True: "kept", False: "missed", None: "nothing measured yet"}[row["is_kept"]]
        measured = quantity(row["measured"], row["unit"])
        rows.append([_PROMISES[row["key"]], measured, goal, number(row["observations"]), kept if goal else ""])
    head = ["Promise", "Measured", "Target", "Observations", ""]
    return [
        table(
            head,
            rows,
            caption="Measured by the web workers themselves since they started; time served in the last 30 days.",
        )
    ]


FIGURES: Final[Mapping[str, Callable[[Data], list[Figure]]]] = {
    "illness_surge": of_surge,
    "health_trends": of_trends,
    "demographics": of_demographics,
    "associations": of_associations,
    "patient_volume": of_volume,
    "staffing": of_staffing,
    "capacity": of_capacity,
    "overview": of_overview,
    "system_health": of_system_health,
}
