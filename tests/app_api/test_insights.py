"""What rules say of a chart, to clinicians and to the patient."""

from datetime import timedelta

from app_api.records.insights import Chart, insights
from core import clock

NOW = clock.now()
VISIT = {"registered_at": NOW - timedelta(hours=1), "respiratory_rate": 27.0, "spo2_pct": 89.0, "systolic_bp": 150.0,
         "diastolic_bp": 95.0, "heart_rate": 120.0, "temperature_c": 38.5}  # fmt: skip
WORST = Chart(visits=[VISIT] * 3, active_medicines=6, due=[NOW - timedelta(hours=2)])


def test_every_rule_speaks_of_the_worst_chart_the_most_urgent_first_and_of_a_good_one_none():
    found = insights(WORST, now=NOW)
    assert [one.code for one in found] == ["news2", "high_pressure", "late_tasks", "frequent_visits", "polypharmacy"]
    assert all(one.reason and one.source for one in found)
    assert insights(Chart(visits=[], active_medicines=0, due=[]), now=NOW) == []


def test_a_patient_is_told_what_to_do_and_not_what_clinicians_are_told():
    ours, theirs = insights(WORST, now=NOW), insights(WORST, now=NOW, is_for_patient=True)
    assert [one.code for one in ours] == [one.code for one in theirs]
    for clinician, patient in zip(ours, theirs, strict=True):
        assert patient.sentence != clinician.sentence
        assert "patient" not in patient.sentence.lower()
        assert "you" in patient.sentence.lower()
