"""Charts as SVG text, drawn from data for paper.

Belongs here: geometry, ticks and colours of the reports' charts. Does not belong here: words around them (`figures`).
A value that is None (hidden or unknown) leaves a gap; it is never drawn as zero.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

INK, INK_2, GRID = "#12212e", "#5f7180", "#e3e9ee"
ACTUAL, FORECAST, BRAND = "#17384f", "#0a7d8c", "#0b6570"
FEMALE, MALE = "#1f9aa6", "#17486b"
#: Same width everywhere: the page's text block in points.
WIDTH: Final = 515.0
_FONT: Final = "font-family='Inter' font-size='{size}' fill='{fill}' text-anchor='{anchor}' font-weight='{weight}'"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def nice_ticks(high: float, about: int = 4) -> list[float]:
    """Return round numbers from 0 to `high` or just above, a step of 1, 2 or 5 times a power of ten apart.

    Examples
    --------
    >>> nice_ticks(1348)
    [0.0, 500.0, 1000.0, 1500.0]
    >>> nice_ticks(0)
    [0.0, 0.5, 1.0]
    """
    top = high if high > 1e-6 else 1.0
    raw = top / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    return [round(position * step, 10) for position in range(math.ceil(top / step - 1e-9) + 1)]


def number(value: float | None, digits: int = 0) -> str:
    """Return a number for a person: thin groups of thousands; an en dash where there is none.

    Examples
    --------
    >>> number(12345.6), number(None), number(0.123, 2)
    ('12,346', '–', '0.12')
    """
    return "–" if value is None or not math.isfinite(value) else f"{value:,.{digits}f}"


def text(x: float, y: float, words: str, *, size: float = 7.5, fill: str = INK_2, anchor: str = "start",
         weight: int = 400) -> str:  # fmt: skip
    """Return a text element."""
    style = _FONT.format(size=size, fill=fill, anchor=anchor, weight=weight)
    return f"<text x='{x:.1f}' y='{y:.1f}' {style}>{escape(words)}</text>"


def line(points: Sequence[tuple[float, float]], *, stroke: str, width: float = 1.0, dash: str = "") -> str:
    """Return a path through the points."""
    path = " ".join(f"{'M' if index == 0 else 'L'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(points))
    dashed = f" stroke-dasharray='{dash}'" if dash else ""
    return f"<path d='{path}' fill='none' stroke='{stroke}' stroke-width='{width}' stroke-linejoin='round'{dashed}/>"


def rect(x: float, y: float, width: float, height: float, fill: str, *, radius: float = 0) -> str:
    return (
        f"<rect x='{x:.1f}' y='{y:.1f}' width='{max(width, 0):.1f}' height='{max(height, 0):.1f}' "
        f"rx='{radius}' fill='{fill}'/>"
    )


def svg(height: float, parts: Sequence[str]) -> str:
    """Return the document."""
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'>"
    return head + "".join(parts) + "</svg>"


def _band(points: Sequence[tuple[float, float, float]], opacity: float) -> str:
    upper = [f"{x:.1f} {high:.1f}" for x, _, high in points]
    lower = [f"{x:.1f} {low:.1f}" for x, low, _ in reversed(points)]
    return f"<path d='M{' L'.join(upper + lower)} Z' fill='{FORECAST}' fill-opacity='{opacity}'/>"


def _runs(values: Sequence[float | None]) -> list[list[int]]:
    """Return the stretches of positions without a gap."""
    runs: list[list[int]] = [[]]
    for position, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(position)
    return [run for run in runs if run]


def month_words(month: str) -> str:
    """Return «Mar 2027» for 2027-03."""
    year, _, number_of = month.partition("-")
    return f"{_MONTHS[int(number_of) - 1]} {year}"


def volume_chart(history: Sequence[Mapping[str, Any]], forecast: Sequence[Mapping[str, Any]], months: int = 36) -> str:
    """Return months of history as a line, then the forecast with its 80 and 95 % bands."""
    past = list(history)[-months:]
    height, left, right, top, bottom = 190.0, 34.0, WIDTH - 8, 16.0, 168.0
    counts = [row["count"] for row in past]
    steps = max(len(past) + len(forecast) - 1, 1)
    known = [value for value in counts if value is not None] + [row["hi95"] for row in forecast]
    ticks = nice_ticks(max(known, default=1))

    def x_of(position: int) -> float:
        return left + (right - left) * position / steps

    def y_of(value: float) -> float:
        return bottom - (bottom - top) * max(value, 0) / ticks[-1]

    parts = []
    for tick in ticks:
        parts += [line([(left, y_of(tick)), (right, y_of(tick))], stroke=GRID, width=0.6)]
        parts += [text(left - 5, y_of(tick) + 2.6, number(tick, 0 if ticks[-1] > 4 else 1), anchor="end")]
    for position, row in enumerate([*past, *forecast]):
        if row["month"].endswith(("-01", "-07")):
            parts.append(line([(x_of(position), bottom), (x_of(position), bottom + 3)], stroke=GRID, width=0.8))
            parts.append(text(x_of(position), bottom + 12, month_words(row["month"]), anchor="middle"))
    start = len(past) - 1
    last = counts[-1] if counts else None
    joint = [] if last is None else [(start, last, last, last, last, last)]
    ahead = joint + [
        (start + 1 + index, row["mean"], row["lo80"], row["hi80"], row["lo95"], row["hi95"])
        for index, row in enumerate(forecast)
    ]
    if forecast:
        parts.append(_band([(x_of(at), y_of(lo), y_of(hi)) for at, _, _, _, lo, hi in ahead], 0.13))
        parts.append(_band([(x_of(at), y_of(lo), y_of(hi)) for at, _, lo, hi, _, _ in ahead], 0.2))
        parts.append(line([(x_of(at), y_of(row[0])) for at, *row in ahead], stroke=FORECAST, width=1.5, dash="3 2"))
    parts += [
        line([(x_of(at), y_of(counts[at] or 0)) for at in run], stroke=ACTUAL, width=1.5) for run in _runs(counts)
    ]
    if forecast and past:
        middle = (x_of(start) + x_of(start + 1)) / 2
        parts.append(line([(middle, top - 4), (middle, bottom)], stroke=INK_2, width=0.6, dash="1.5 2"))
        parts.append(text(middle - 4, top - 1, "counted", anchor="end"))
        parts.append(text(middle + 4, top - 1, "expected"))
        peak = max(range(len(forecast)), key=lambda index: forecast[index]["mean"])
        at, mean = x_of(start + 1 + peak), forecast[peak]["mean"]
        parts.append(f"<circle cx='{at:.1f}' cy='{y_of(mean):.1f}' r='2.6' fill='{FORECAST}' stroke='#fff'/>")
        # A peak near the right edge is named to its left.
        side = "end" if at > right - 30 else "middle"
        parts.append(text(at, y_of(mean) - 6, number(mean), size=8, fill=FORECAST, anchor=side, weight=600))
    return svg(height, parts)


def share_bars(rows: Sequence[tuple[str, float | None, float | None, float | None, str]]) -> str:
    """Return a bar a row with its interval as a whisker: (label, share, low, high, words at the right)."""
    pitch, left, right = 19.0, 150.0, WIDTH - 92
    top = max((row[3] or row[1] or 0 for row in rows), default=0) or 1
    parts = []
    for index, (label, share, low, high, words) in enumerate(rows):
        y = index * pitch + 3
        parts.append(text(left - 8, y + 9.2, label, size=8.5, fill=INK, anchor="end"))
        parts.append(rect(left, y + 1, right - left, 11, "#f1f5f7", radius=2))
        if share is not None:
            parts.append(rect(left, y + 1, (right - left) * share / top, 11, FORECAST, radius=2))
        if low is not None and high is not None:
            ends = [left + (right - left) * value / top for value in (low, high)]
            parts.append(line([(ends[0], y + 6.5), (ends[1], y + 6.5)], stroke=INK, width=0.9))
            parts += [line([(x, y + 4), (x, y + 9)], stroke=INK, width=0.9) for x in ends]
        parts.append(text(right + 8, y + 9.2, words, size=8, fill=INK))
    return svg(len(rows) * pitch + 4, parts)


def pyramid(bands: Sequence[Mapping[str, Any]]) -> str:
    """Return women to the left, men to the right, one row an age band; hidden counts say so."""
    pitch, middle, half = 20.0, WIDTH / 2, WIDTH / 2 - 78
    counts = [row[name] for row in bands for name in ("female_count", "male_count") if row[name] is not None]
    top = max(counts, default=0) or 1
    parts = [
        text(middle - 28, 8, "Women", size=8, fill=FEMALE, anchor="end", weight=600),
        text(middle + 28, 8, "Men", size=8, fill=MALE, weight=600),
    ]
    for index, row in enumerate(bands):
        y = index * pitch + 15
        parts.append(text(middle, y + 10, row["band"], size=8.5, fill=INK, anchor="middle", weight=500))
        for name, sign, fill in (("female_count", -1, FEMALE), ("male_count", 1, MALE)):
            value = row[name]
            length = half * (value or 0) / top
            start = middle + sign * 26
            parts.append(rect(min(start, start + sign * length), y + 1, length, 13, fill, radius=1.5))
            words = "hidden" if value is None else number(value)
            parts.append(text(start + sign * (length + 5), y + 10.4, words, anchor="end" if sign < 0 else "start"))
    return svg(len(bands) * pitch + 18, parts)


def forest(rows: Sequence[tuple[str, float | None, float | None, float | None, str]], top: float) -> str:
    """Return a dot with a whisker a row on one scale from 0 to `top`."""
    pitch, left, right = 17.0, 190.0, WIDTH - 118
    ticks = nice_ticks(top)
    floor = len(rows) * pitch + 6

    def x_of(value: float) -> float:
        return left + (right - left) * min(max(value, 0), ticks[-1]) / ticks[-1]

    parts = []
    for tick in ticks:
        parts.append(line([(x_of(tick), 2), (x_of(tick), floor)], stroke=GRID, width=0.6))
        parts.append(text(x_of(tick), floor + 10, f"{tick:g}", anchor="middle"))
    for index, (label, value, low, high, words) in enumerate(rows):
        y = index * pitch + 11
        parts.append(text(left - 10, y + 3, label, size=8.5, fill=INK, anchor="end"))
        if low is not None and high is not None:
            parts.append(line([(x_of(low), y), (x_of(high), y)], stroke=BRAND, width=1.4))
        if value is not None:
            parts.append(f"<circle cx='{x_of(value):.1f}' cy='{y:.1f}' r='3' fill='{BRAND}'/>")
        parts.append(text(right + 10, y + 3, words, size=8, fill=INK))
    return svg(floor + 14, parts)


def range_bars(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Return an upright bar a period with its interval: (label, mean, low, high)."""
    height, left, right, top, bottom = 150.0, 34.0, WIDTH - 8, 14.0, 132.0
    ticks = nice_ticks(max((row[3] for row in rows), default=1))
    slot = (right - left) / max(len(rows), 1)

    def y_of(value: float) -> float:
        return bottom - (bottom - top) * max(value, 0) / ticks[-1]

    parts = []
    for tick in ticks:
        parts.append(line([(left, y_of(tick)), (right, y_of(tick))], stroke=GRID, width=0.6))
        parts.append(text(left - 5, y_of(tick) + 2.6, f"{tick:g}", anchor="end"))
    for index, (label, mean, low, high) in enumerate(rows):
        x = left + slot * (index + 0.5)
        parts.append(rect(x - slot * 0.3, y_of(mean), slot * 0.6, bottom - y_of(mean), FORECAST, radius=1.5))
        parts.append(line([(x, y_of(low)), (x, y_of(high))], stroke=INK, width=0.9))
        parts += [line([(x - 3, y_of(end)), (x + 3, y_of(end))], stroke=INK, width=0.9) for end in (low, high)]
        parts.append(text(x, y_of(high) - 4, number(mean, 0), size=8, fill=INK, anchor="middle", weight=600))
        parts.append(text(x, bottom + 11, label, anchor="middle"))
    return svg(height, parts)
