"""The stewards' report: what the suites found, run by run, as one HTML page that needs nothing else.

Belongs here: pure text from reports. Does not belong here: where reports are kept, and any patient's value: a Report
holds counts, codes and the rules' own words only, and row positions are not printed.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from core import clock
from core.vocabulary import KahnCategory, Severity
from expectations.rules import RuleResult

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--paper:#fff;--soft:#5b6b7b;--line:#d8dfe6;--good:#1a7f4b;--bad:#b3261e;
--warn:#8a5a00}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#12181f;--soft:#9aa9b8;--line:#2c3845;--good:#5fd39a;
--bad:#ff8a80;--warn:#f2c14e}}
body{margin:0 auto;max-width:70rem;padding:2rem 1.5rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.5rem 0 .5rem}p{color:var(--soft);margin:.25rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.45rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft);font-size:.85rem}td.n,th.n{text-align:right;white-space:nowrap}
.good{color:var(--good)}.critical{color:var(--bad)}.warning{color:var(--warn)}.info{color:var(--soft)}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}svg{display:block;max-width:100%;height:auto}
.wide{overflow-x:auto}
"""
#: What a Content-Security-Policy must name so that a browser applies the style above and nothing else.
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_WIDTH, _HEIGHT, _MARGIN = 640, 140, 28


@dataclass(frozen=True)
class ValidationEntry:
    """One run of a suite as it is kept: a Report without positions, with its partition and moment."""

    suite: str
    version: str
    month: str
    ran_at: datetime
    row_count: int
    failed_row_count: int
    is_success: bool
    rules: tuple[RuleResult, ...]

    @property
    def pass_rate(self) -> float:
        """Share of rows that broke no critical rule, 0-1; 1 for no rows."""
        return 1.0 if self.row_count == 0 else 1.0 - self.failed_row_count / self.row_count


def render(entries: Sequence[ValidationEntry], *, title: str = "Validation report") -> str:
    """Return the report over some runs as a whole HTML page.

    Parameters
    ----------
    entries : sequence of ValidationEntry
        In any order; the newest run of each suite's latest month is told rule by rule, all of them make the line of
        pass rates.
    title : str

    Returns
    -------
    str
        HTML with its style inside: no script, no font and no address of another host.
    """
    suites: dict[str, list[ValidationEntry]] = {}
    for entry in sorted(entries, key=lambda item: (item.suite, item.month, item.ran_at)):
        suites.setdefault(entry.suite, []).append(entry)
    body = "".join(_suite(name, runs) for name, runs in suites.items())
    if not suites:
        body = "<p>No suite has run yet. Materialize <code>validated_registrations</code> and look again.</p>"
    newest = max((entry.ran_at for entry in entries), default=None)
    when = f"Last run {escape(clock.iso(newest))}." if newest is not None else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p>{when} Counts of rows and rules only; no patient's value is on this page.</p>{body}</body></html>"
    )


def _suite(name: str, runs: list[ValidationEntry]) -> str:
    newest = runs[-1]
    state = '<b class="good">passed</b>' if newest.is_success else '<b class="critical">failed</b>'
    return (
        f"<h2>{escape(name)} {escape(newest.version)}: {state}</h2>"
        f"<p>{newest.month}: {newest.row_count:,} rows, {newest.failed_row_count:,} parked, "
        f"{newest.pass_rate:.2%} passed.</p>"
        f"{_line(runs)}{_kahn(newest)}{_rules(newest)}"
    )


def _line(runs: list[ValidationEntry]) -> str:
    """Draw the pass rate of each run; the axis begins at the lowest rate, rounded down to whole per cents."""
    if len(runs) < 2:
        return ""
    rates = [run.pass_rate for run in runs]
    floor = min(int(min(rates) * 100) / 100, 0.99)
    step = (_WIDTH - 2 * _MARGIN) / (len(rates) - 1)
    drop = (_HEIGHT - 2 * _MARGIN) / (1 - floor)
    points = " ".join(f"{_MARGIN + i * step:.1f},{_MARGIN + (1 - rate) * drop:.1f}" for i, rate in enumerate(rates))
    label = f"Pass rate over {len(runs)} runs, from {rates[0]:.2%} to {rates[-1]:.2%}"
    base = _HEIGHT - _MARGIN
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}" fill="none" stroke="currentColor">'
        f'<path d="M{_MARGIN} {_MARGIN}H{_WIDTH - _MARGIN}M{_MARGIN} {base}H{_WIDTH - _MARGIN}" opacity=".2"/>'
        f'<polyline points="{points}" stroke-width="2"/><g fill="currentColor" stroke="none" font-size="12">'
        f'<text x="{_MARGIN}" y="{_MARGIN - 8}">100 %</text><text x="{_MARGIN}" y="{base + 16}">{floor:.0%}</text>'
        f'<text x="{_WIDTH - _MARGIN}" y="{base + 16}" text-anchor="end">{runs[0].month} to {runs[-1].month}</text>'
        "</g></svg>"
    )


def _kahn(run: ValidationEntry) -> str:
    rows = []
    for category in KahnCategory:
        results = [rule for rule in run.rules if rule.kahn is category]
        held = sum(rule.success for rule in results)
        rows.append(
            f'<tr><td>{category}</td><td class="n">{held} of {len(results)}</td>'
            f'<td class="n">{sum(rule.failed_rows for rule in results):,}</td></tr>'
        )
    return (
        '<div class="wide"><table><thead><tr><th scope="col">Kahn class</th><th scope="col" class="n">rules held</th>'
        f'<th scope="col" class="n">findings</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _rules(run: ValidationEntry) -> str:
    order = list(Severity)
    ranked = sorted(
        run.rules, key=lambda rule: (rule.success, order.index(rule.severity), -rule.failed_rows, rule.rule)
    )
    rows = "".join(
        f"<tr><td><code>{escape(rule.rule)}</code></td>"
        f'<td class="{"good" if rule.success else rule.severity}">{"held" if rule.success else rule.severity}</td>'
        f'<td>{rule.kahn}</td><td class="n">{rule.failed_rows:,}</td>'
        f'<td class="n">{_share(rule.failed_rows, run.row_count)}</td>'
        f'<td class="n">{rule.waived_rows:,}</td><td>{escape(rule.reason)}</td></tr>'
        for rule in ranked
    )
    return (
        '<div class="wide"><table><thead><tr><th scope="col">rule</th><th scope="col">state</th>'
        '<th scope="col">Kahn class</th><th scope="col" class="n">rows</th><th scope="col" class="n">share</th>'
        '<th scope="col" class="n">waived</th><th scope="col">why it matters</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _share(count: int, total: int) -> str:
    return "0 %" if total == 0 or count == 0 else f"{count / total:.2%}"
