"""When registrations became known: the first version counts, by week, condition and hour.

Belongs here: `report_delays`. Does not belong here: what is made of the delays (`tests/ml/surveillance`).
"""

import pandas as pd

from assets.features import report_delays


def rows_of(*rows):
    columns = ("registration_id", "condition", "registered_at", "recorded_at")
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in columns[2:]})


def hours(found):
    return found.set_index(["week_start_date", "condition"])["known_after_hours"].to_dict()


WEEK = pd.Timestamp("2026-11-16")  # a Monday; the week ends 2026-11-23 00:00


def test_hours_count_from_the_end_of_the_week():
    rows = rows_of(
        ("R1", "Influenza", "2026-11-18T10:00Z", "2026-11-18T10:05Z"),
        ("R2", "Sepsis", "2026-11-22T23:50Z", "2026-11-24T00:30Z"),
    )
    found = hours(report_delays(rows, rows[["registration_id", "recorded_at"]].astype("str")))
    assert found == {(WEEK, "Influenza"): -109, (WEEK, "Sepsis"): 25}


def test_a_correction_does_not_make_its_visit_late():
    rows = rows_of(("R1", "Influenza", "2026-11-18T10:00Z", "2026-12-20T09:00Z"))
    raw = pd.DataFrame(
        {
            "registration_id": ["R1", "R1", "R1"],
            "recorded_at": ["2026-11-18T11:00:00Z", "2026-12-20T09:00:00+00:00", ""],
        }
    )
    assert hours(report_delays(rows, raw)) == {(WEEK, "Influenza"): -109}


def test_rows_that_the_raw_layer_does_not_date_are_taken_at_their_word():
    rows = rows_of(("R1", "Influenza", "2026-11-18T10:00Z", "2026-11-18T10:00Z"))
    raw = pd.DataFrame({"registration_id": ["R1"], "recorded_at": [""]})
    assert hours(report_delays(rows, raw)) == {(WEEK, "Influenza"): -110}


def test_the_counts_add_up_to_the_registrations():
    rows = rows_of(*((f"R{n}", "Sepsis", "2026-11-18T10:00Z", f"2026-11-{18 + n % 9}T12:00Z") for n in range(30)))
    found = report_delays(rows, rows[["registration_id", "recorded_at"]].astype("str"))
    assert found["registrations_count"].sum() == 30
    assert found["known_after_hours"].max() == 84
