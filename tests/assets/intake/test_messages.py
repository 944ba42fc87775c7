"""FHIR R4 and HL7 v2: every visit accounted for, every broken record told by place and kind."""

import csv
import json
from pathlib import Path

import pytest
from made_files import write

from assets.intake import import_file, read_inbox
from assets.intake.formats import open_reader
from assets.intake.hl7_reader import moment
from expectations import part_rows

REAL = Path(__file__).parents[4] / "shared" / "data"
LOINC = "http://loinc.org"


def patient(**more):
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-02-29", **more}


def encounter(identity="e1", **more):
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
        "subject": {"reference": "urn:uuid:p1"},
        "period": {"start": "2024-02-28T23:30:00-05:00", "end": "2024-02-29T08:00:00-05:00"},
        "serviceProvider": {"reference": "Organization/1", "display": "General"},
        **more,
    }


def condition(encounter_id="e1", **more):
    return {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": f"Encounter/{encounter_id}"},
        "code": {
            "coding": [
                {"system": "http://snomed.info/sct", "code": "6142004", "display": "Influenza (disorder)"},
                {"system": "http://hl7.org/fhir/sid/icd-10", "code": "J10.1"},
            ]
        },
        **more,
    }


def temperature(value=100.4, unit="[degF]", at="2024-02-28T23:40:00-05:00"):
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "8310-5"}]},
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": at,
        "valueQuantity": {"value": value, "unit": unit, "code": unit},
    }


def bundle(*resources):
    entries = [{"fullUrl": f"urn:uuid:{item['id']}", "resource": item} for item in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def rows_of(path):
    (chunk,) = open_reader(path, format="auto", mapping=None).chunks(None)
    return chunk


def test_an_encounter_becomes_one_registration_with_what_refers_to_it(tmp_path):
    content = bundle(
        encounter(), condition(), temperature(104, at="2024-02-29T01:00:00-05:00"), temperature(), patient()
    )
    row = rows_of(write(tmp_path / "a.json", content)).rows.iloc[0].dropna().to_dict()
    assert row == {
        "registration_id": "e1",
        "patient_id": "p1",
        "facility": "General",
        "registered_at": "2024-02-28T23:30:00-05:00",
        "recorded_at": "",
        "age_years": "43",
        "sex": "female",
        "condition": "Influenza (disorder)",
        "condition_code": "J10.1",
        "comorbidity_count": "0",
        "temperature_c": "38",
        "outcome": "discharged",
        "outcome_at": "2024-02-29T08:00:00-05:00",
    }


def test_a_bundle_and_its_bulk_export_hold_the_same_visits(home, tmp_path):
    resources = [encounter(), condition(), temperature(), patient(), encounter("e2")]
    import_file(write(tmp_path / "a.json", bundle(*resources)), settings=home)
    folder = tmp_path / "bulk"
    folder.mkdir()
    for kind in ("Encounter", "Condition", "Observation", "Patient"):
        lines = [json.dumps(item) for item in resources if item["resourceType"] == kind]
        write(folder / f"{kind}.ndjson", "\n".join(lines) + "\n")
    report = import_file(folder, settings=home)
    assert (report.read, report.accepted + report.quarantined, report.duplicates) == (2, 0, 2)


def test_a_broken_resource_is_told_by_place_and_kind_and_the_others_go_on(tmp_path):
    content = bundle(encounter("e1", status=3), patient(), encounter("e2"), condition(code="SECRET"))
    chunk = rows_of(write(tmp_path / "a.json", content))
    assert chunk.rows["registration_id"].tolist() == ["e2"]
    assert [item.record for item in chunk.broken] == ["entry 4", "entry 1"]
    assert [item.fault.split(":")[0].split(".")[0:2] for item in chunk.broken] == [
        ["Condition", "code"],
        ["Encounter", "status"],
    ]
    assert "SECRET" not in repr(chunk.broken)


def test_a_line_that_is_no_json_is_counted_once(home, tmp_path):
    lines = [json.dumps(patient()), json.dumps(encounter(type=[{"text": "Cough"}])), '{"resourceType": "Enc', "[1]"]
    report = import_file(write(tmp_path / "a.ndjson", "\n".join(lines)), settings=home)
    assert (report.read, report.accepted, report.quarantined) == (3, 1, 2)
    assert report.reasons == {"record_unreadable": 2}


def test_a_visit_whose_patient_is_missing_is_parked_with_its_reason(home, tmp_path):
    report = import_file(write(tmp_path / "a.json", bundle(encounter(), condition())), settings=home)
    assert report.reasons == {"age_years_missing": 1}


@pytest.mark.skipif(not REAL.exists(), reason="the real data of ../shared/data is not on this machine")
def test_every_encounter_of_synthea_is_accounted_for(home):
    expected = sum(
        entry["resource"]["resourceType"] == "Encounter"
        for path in (REAL / "synthea_fhir").glob("*.json")
        for entry in json.loads(path.read_text())["entry"]
    )
    report = import_file(REAL / "synthea_fhir", settings=home)
    assert report.read == report.accepted + report.quarantined + report.duplicates == expected


def message(
    trigger: str, at: str, *, visit: str = "V1", born: str = "19800229", admitted: str = "", more: str = ""
) -> str:
    stay = f"PV1|1|E|ED^^^General||||||||||||||||{visit}" + "|" * 17 + ("01" if trigger == "A03" else "") + "|" * 8
    return "\r".join(
        [
            f"MSH|^~\\&|HIS|General|MEDISYNC|X|{at}||ADT^{trigger}|1|P|2.5.1",
            f"EVN|{trigger}|{at}",
            f"PID|1||P1^^^General^MR||Doe^Jane||{born}|F",
            stay + admitted,
            *([more] if more else []),
        ]
    )


FLU = "DG1|1||J10.1^Influenza^I10\rOBX|1|NM|8867-4^Heart rate^LN||88|/min\rOBX|2|NM|8310-5^Temperature^LN||100.4|[degF]"


def test_messages_of_one_visit_are_versions_and_a08_corrects(home, tmp_path):
    text = "\r".join(
        [
            message("A04", "20240301100000+0100", admitted="20240301095500+0100", more=FLU),
            message("A08", "20240301120000+0100", born="19400229"),
            message("A03", "20240301160000+0100", born="19400229"),
        ]
    )
    report = import_file(write(tmp_path / "a.hl7", text), settings=home)
    assert (report.read, report.accepted) == (3, 3)
    parted = part_rows(read_inbox(home.inbox, "2024-03"))
    (row,) = parted.validated.to_dict("records")
    assert row["registered_at"].isoformat() == "2024-03-01T08:55:00+00:00"
    assert (row["age_years"], row["condition"], row["condition_code"]) == (84, "Influenza", "J10.1")
    assert (row["heart_rate"], row["temperature_c"], row["outcome"]) == (88, 38, "discharged")
    assert row["outcome_at"].isoformat() == "2024-03-01T15:00:00+00:00"
    assert parted.superseded["age_years"].tolist() == [44, 84]


def test_a_correction_sent_late_replaces_the_version_before_it(home, tmp_path):
    first = message("A01", "20240301100000", admitted="20240301100000", more=FLU)
    import_file(write(tmp_path / "a.hl7", first), settings=home)
    late = message("A08", "20240405090000", born="19700101", admitted="20240301100000", more=FLU)
    assert import_file(write(tmp_path / "b.hl7", late), settings=home).accepted == 1
    parted = part_rows(read_inbox(home.inbox, "2024-03"))
    assert parted.validated["age_years"].tolist() == [54]
    assert parted.validated["recorded_at"].dt.strftime("%Y-%m-%d").tolist() == ["2024-04-05"]


def test_other_triggers_and_broken_messages_are_counted_and_do_not_stop_the_file(tmp_path):
    text = "\r".join(
        [
            "FHS|^~\\&|HIS",
            message("A02", "20240301100000"),
            "MSH|^~\\&|HIS",
            message("A04", "20240301100000", visit=""),
            message("A04", "20240301100000", more=FLU),
            "FTS|1",
        ]
    )
    chunk = rows_of(write(tmp_path / "a.hl7", text))
    assert chunk.rows["registration_id"].tolist() == ["V1"]
    assert [item.fault.split(";")[0] for item in chunk.broken] == [
        "trigger A02",
        "trigger none",
        "no visit number (PV1-19) and no account number (PID-18)",
    ]


@pytest.mark.parametrize(
    ("stamp", "zone", "expected"),
    [
        ("20240301", "+0000", "2024-03-01T00:00:00Z"),
        ("202403011030", "+0100", "2024-03-01T09:30:00Z"),
        ("20240301103015.1234-0530", "+0100", "2024-03-01T16:00:15Z"),
        ("20241301", "+0000", "20241301"),
        ("soon", "+0000", "soon"),
    ],
)
def test_a_time_stamp_is_read_in_its_own_zone_or_the_message_s(stamp: str, zone: str, expected: str):
    assert moment(stamp, zone) == expected


@pytest.mark.skipif(not REAL.exists(), reason="the real data of ../shared/data is not on this machine")
def test_every_encounter_of_synthea_as_csv_is_accounted_for(home):
    mapping = Path(__file__).parents[3] / "docs" / "mappings" / "synthea.yaml"
    with (REAL / "synthea_csv" / "encounters.csv").open(newline="") as file:
        encounters = sum(1 for _ in csv.DictReader(file))
    report = import_file(REAL / "synthea_csv", settings=home, mapping=mapping)
    assert report.read == encounters == report.accepted + report.quarantined + report.duplicates
    assert report.accepted > 0
