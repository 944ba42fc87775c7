"""Judging the forecast of beds on days that it has not seen, beside two naive ways.

Belongs here: the held-out evaluation and its rule. Does not belong here: fitting.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

import numpy as np

from core.errors import InputError
from ml.beds.fit import fit
from ml.beds.forecast import LOOK_BACK, Coming, forecast
from ml.beds.model import HOURS, BedsModel, Progress
from ml.beds.visits import LONGEST_STAY, Visit, known_at, present_at

#: The 80 % interval must have held at least this share.
MIN_COVERAGE: Final = 0.75
#: Fewer moments than this judge nothing.
MIN_MOMENTS: Final = 72
_SPAN: Final = timedelta(hours=HOURS)


@dataclass(frozen=True)
class Evaluation:
    """Errors of the eight-hour total on held-out hours, and the share of truths that the intervals held.

    Parameters
    ----------
    mae_model, mae_hour_of_week, mae_occupancy : float
        In beds.
    covered_80, covered_95 : float
        Of the totals.
    covered_80_all_hours : float
        Of the counts by the end of each of the eight hours.
    mean_beds : float
        Beds that eight hours asked for, on average.
    """

    mae_model: float
    mae_hour_of_week: float
    mae_occupancy: float
    covered_80: float
    covered_95: float
    covered_80_all_hours: float
    mean_beds: float
    moments_count: int
    days_count: int

    @property
    def is_better(self) -> bool:
        """Whether the model may be served: better than both naive ways, and its interval holds what it promises."""
        return self.mae_model < min(self.mae_hour_of_week, self.mae_occupancy) and self.covered_80 >= MIN_COVERAGE

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def evaluate(visits: Sequence[Visit], *, until: datetime, test_share: float = 0.25) -> Evaluation:
    """Fit on the earlier days and judge each full hour of the later ones.

    Parameters
    ----------
    visits : sequence of Visit
        In any order.
    until : datetime
        UTC; what came after it is not known, so the last hour that is judged is eight hours before.
    test_share : float
        Share of the days, the latest, that are judged.

    Raises
    ------
    InputError
        If there is too little to fit on (`fit`), or `too_few_hours` to judge.
    """
    ordered = sorted(known_at(visits, until), key=lambda visit: visit.arrived_at)
    split = split_of(ordered, until=until, test_share=test_share)
    model = fit(ordered, until=split)
    moments = _hours(split, until - _SPAN)
    if len(moments) < MIN_MOMENTS:
        raise InputError(
            f"{len(moments)} hours are too few to judge a forecast of beds; it needs {MIN_MOMENTS}",
            code="too_few_hours",
        )
    return judge(model, ordered, split=split, moments=moments)


def split_of(ordered: Sequence[Visit], *, until: datetime, test_share: float) -> datetime:
    """Return the midnight (UTC) before which the model is fitted."""
    first = ordered[0].arrived_at if ordered else until
    days = (until.date() - first.date()).days + 1
    kept = int(days * (1 - test_share))
    return datetime.combine(first.date() + timedelta(days=kept), time(), tzinfo=UTC)


def judge(model: BedsModel, ordered: Sequence[Visit], *, split: datetime, moments: Sequence[datetime]) -> Evaluation:
    """Hold a model that was fitted before `split` against what came at moments after it."""
    beds = sorted(visit.ended_at for visit in ordered if visit.asked_for_bed and visit.ended_at is not None)
    arrived = [visit.arrived_at for visit in ordered]
    usual, per_present = _naive(ordered, beds, arrived, split)
    progress = Progress(model)
    rows = []
    for now in moments:
        near = ordered[bisect_right(arrived, now - LONGEST_STAY) : bisect_right(arrived, now)]
        present = present_at(near, now)
        recent = bisect_right(arrived, now) - bisect_right(arrived, now - LOOK_BACK)
        found = forecast(model, present, Coming(recent), now=now, progress=progress)
        truths = [_between(beds, now, now + timedelta(hours=hour)) for hour in range(1, HOURS + 1)]
        counts = [hour.by_then for hour in found.hours]
        held = [count.lo80 <= truth <= count.hi80 for count, truth in zip(counts, truths, strict=True)]
        last, truth = counts[-1], truths[-1]
        rows.append(
            (
                truth,
                abs(truth - last.point),
                abs(truth - usual[now.weekday() * 24 + now.hour]),
                abs(truth - per_present * len(present)),
                held[-1],
                last.lo95 <= truth <= last.hi95,
                float(np.mean(held)),
            )
        )
    truth, model_error, week_error, present_error, in80, in95, in80_all = np.array(rows, dtype=np.float64).mean(axis=0)
    return Evaluation(
        float(model_error),
        float(week_error),
        float(present_error),
        float(in80),
        float(in95),
        float(in80_all),
        float(truth),
        len(moments),
        len({moment.date() for moment in moments}),
    )


def _naive(
    ordered: Sequence[Visit], beds: Sequence[datetime], arrived: Sequence[datetime], split: datetime
) -> tuple[list[float], float]:
    """Return the mean of each hour of the week, and the beds of eight hours for each patient who is there."""
    sums, counts = [0.0] * 168, [0] * 168
    asked, there = 0, 0
    for now in _hours(arrived[0], split - _SPAN):
        found = _between(beds, now, now + _SPAN)
        place = now.weekday() * 24 + now.hour
        sums[place] += found
        counts[place] += 1
        asked += found
        near = ordered[bisect_right(arrived, now - LONGEST_STAY) : bisect_right(arrived, now)]
        there += sum(visit.ended_at is None or visit.ended_at > now for visit in near)
    overall = sum(sums) / max(1, sum(counts))
    usual = [total / count if count else overall for total, count in zip(sums, counts, strict=True)]
    return usual, asked / max(1, there)


def _hours(start: datetime, end: datetime) -> list[datetime]:
    """Return the full hours from `start` to `end`."""
    first = start.replace(minute=0, second=0, microsecond=0)
    first += timedelta(hours=first < start)
    count = int((end - first) / timedelta(hours=1)) + 1 if end >= first else 0
    return [first + timedelta(hours=number) for number in range(count)]


def _between(moments: Sequence[datetime], start: datetime, end: datetime) -> int:
    return bisect_right(moments, end) - bisect_right(moments, start)
