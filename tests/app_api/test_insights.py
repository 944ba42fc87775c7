"""What rules say of a chart, to clinicians and to the patient."""

import re
from datetime import timedelta

from app_api.records.insights import Chart, insights, said_in
from app_api.records.schemas import InsightList
from core import clock
from core.vocabulary import Language

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


def test_a_spanish_reader_is_told_everything_in_spanish_with_the_same_numbers_and_sources():
    for is_for_patient in (False, True):
        english = InsightList(items=insights(WORST, now=NOW, is_for_patient=is_for_patient))
        spanish = said_in(Language.SPANISH, english)
        assert said_in(Language.ENGLISH, english) == english
        for one, other in zip(english.items, spanish.items, strict=True):
            assert one.sentence != other.sentence
            assert one.reason != other.reason
            assert re.findall(r"\d+", one.reason) == re.findall(r"\d+", other.reason)
            assert (one.code, one.source, one.urgency) == (other.code, other.source, other.urgency)
        assert spanish.note == "De reglas fijas con sus fuentes; no es un diagnóstico. Decide un profesional clínico."
    assert spanish.items[0].sentence.startswith("Algunas de sus mediciones")
