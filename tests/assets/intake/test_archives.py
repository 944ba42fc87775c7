"""A zip archive is read where it lies: whole or not at all, bounded, and no name in it leads anywhere."""

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from made_files import canonical_csv, everything_in, write

from assets.intake import import_file, read_inbox
from core.errors import InputError

TEXT = canonical_csv({}, {}, {})
SYNTHEA = Path(__file__).parents[3] / "docs" / "mappings" / "synthea.yaml"


def zipped(members: dict[str, str | bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_one_file_in_a_zip_is_the_file(home, tmp_path):
    members = {"export/": b"", "export/a.csv": TEXT, "__MACOSX/export/._a.csv": b"\0\5", "export/.DS_Store": b"\0"}
    report = import_file(write(tmp_path / "a.zip", zipped(members)), settings=home)
    assert (report.read, report.accepted) == (3, 3)
    assert read_inbox(home.inbox, "2024-03")["source_record"].tolist() == ["line 2", "line 3", "line 4"]
    assert import_file(write(tmp_path / "a.csv", TEXT), settings=home).duplicates == 3


def test_bundles_in_a_zip_are_read_together(home, tmp_path):
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-02-29", "gender": "female"}
    visit = {
        "resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "EMER"},
        "subject": {"reference": "Patient/p1"}, "period": {"start": "2024-03-01T10:00:00Z"},
        "type": [{"text": "Cough"}], "serviceProvider": {"display": "General"},
    }  # fmt: skip
    members = {"bulk/Encounter.ndjson": json.dumps(visit) + "\n", "bulk/Patient.ndjson": json.dumps(patient) + "\n"}
    report = import_file(write(tmp_path / "bulk.zip", zipped(members)), settings=home)
    assert (report.read, report.accepted) == (1, 1)
    assert read_inbox(home.inbox, "2024-03")["age_years"].tolist() == ["44"]


def test_a_mapping_finds_its_file_and_looks_values_up_inside_of_the_zip(home, tmp_path):
    members = {
        "csv/encounters.csv": "Id,START,STOP,PATIENT,ORGANIZATION,ENCOUNTERCLASS,DESCRIPTION\n"
        "e1,2024-03-01T10:00:00Z,2024-03-01T11:00:00Z,p1,North,emergency,Cough\n",
        "csv/patients.csv": "Id,BIRTHDATE,GENDER\np1,1980-02-29,F\n",
        "csv/conditions.csv": "ENCOUNTER,DESCRIPTION\ne1,Influenza\n",
    }
    report = import_file(write(tmp_path / "synthea.zip", zipped(members)), settings=home, mapping=SYNTHEA)
    assert (report.read, report.accepted) == (1, 1)
    (row,) = read_inbox(home.inbox, "2024-03").to_dict("records")
    assert (row["condition"], row["sex"], row["age_years"]) == ("Influenza", "female", "44")


def encrypted(content: bytes) -> bytes:
    """Set the flag of encryption in both headers of the only member."""
    marked = bytearray(content)
    central = content.index(b"PK\x01\x02")
    marked[6] |= 1
    marked[central + 8] |= 1
    return bytes(marked)


def understated(content: bytes, size: int) -> bytes:
    """Have both headers of the only member say that it unpacks to fewer bytes than it does."""
    marked = bytearray(content)
    central = content.index(b"PK\x01\x02")
    marked[22:26] = marked[central + 24 : central + 28] = struct.pack("<I", size)
    return bytes(marked)


def damaged(content: bytes) -> bytes:
    marked = bytearray(content)
    marked[60:90] = b"\xff" * 30
    return bytes(marked)


WHOLE = zipped({"a.csv": TEXT})
ZEROS = b"0" * 1024 * 1024
#: name -> (content, code, what the message says)
BAD = {
    "cut_off": (WHOLE[: len(WHOLE) // 2], "damaged_zip", r"bad\.zip, byte \d+: no list of members"),
    "damaged": (damaged(WHOLE), "damaged_zip", r"bad\.zip/a\.csv, line \d+: the zip file is damaged"),
    "encrypted": (encrypted(WHOLE), "encrypted_zip", r"bad\.zip, byte 0 \(a\.csv\): is encrypted"),
    "bomb": (
        zipped({"good.csv": TEXT, "zeros.csv": ZEROS * 80}),
        "zip_bomb",
        r"bad\.zip, byte [\d,]+ \(zeros\.csv\): unpacks to more than 64 MiB",
    ),
    "bomb_in_many_members": (
        zipped({f"{number}.csv": ZEROS for number in range(80)}),
        "zip_bomb",
        r"bad\.zip, byte \d+ \(0\.csv\): unpacks to more than 64 MiB",
    ),
    "bomb_that_lies": (
        understated(zipped({"zeros.csv": ZEROS}), 1000),
        "damaged_zip",
        r"bad\.zip/zeros\.csv, line 1: the zip file is damaged",
    ),
    "traversal": (zipped({"../../etc/a.csv": TEXT}), "unsafe_member", r"bad\.zip, byte 0: .*leads elsewhere"),
    "absolute": (zipped({"/etc/a.csv": TEXT}), "unsafe_member", r"bad\.zip, byte 0: .*leads elsewhere"),
    "windows": (zipped({"..\\a.csv": TEXT}), "unsafe_member", r"bad\.zip, byte 0: .*leads elsewhere"),
    "archive_in_archive": (zipped({"a.zip": WHOLE}), "nested_archive", r"bad\.zip/a\.zip, byte 0: an archive inside"),
    "parquet": (zipped({"a.parquet": b"PAR1xx"}), "zipped_parquet", r"bad\.zip/a\.parquet, byte 0: Parquet is packed"),
    "bzip2": (zipped({"a.csv": TEXT}, packing=zipfile.ZIP_BZIP2), "unknown_packing", r"byte 0 \(a\.csv\): .*deflate"),
    "nothing": (zipped({"empty/": b""}), "empty_file", r"bad\.zip, byte 0: the zip file holds no file"),
    "empty_member": (zipped({"a.csv": b""}), "empty_file", r"bad\.zip/a\.csv, line 1: the file is empty"),
    "workbook": (zipped({"[Content_Types].xml": b"<x/>"}), "office_document", r"bad\.zip, byte 0: an Office document"),
    "several": (zipped({"a.csv": TEXT, "b.csv": TEXT}), "is_a_folder", r"bad\.zip holds 2 files"),
    "bad_line": (zipped({"a.csv": TEXT + "R9,\0,x\n"}), "nul_byte", r"bad\.zip/a\.csv, line 5: a NUL byte"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_unfit_archive_is_refused_by_name_and_place_and_leaves_nothing(home, tmp_path, name: str):
    content, code, says = BAD[name]
    folder = tmp_path / "delivery"
    folder.mkdir()
    with pytest.raises(InputError, match=says) as caught:
        import_file(write(folder / "bad.zip", content), settings=home)
    assert caught.value.code == code
    assert everything_in(home.inbox) == []
    assert everything_in(tmp_path) == ["delivery/bad.zip"], "nothing is unpacked beside it or above it"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(home, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("a.csv", TEXT)
    with pytest.raises(InputError, match=r"bad\.zip, byte \d+ \(a\.csv\): is there twice"):
        import_file(write(tmp_path / "bad.zip", buffer.getvalue()), settings=home)


def test_a_packed_file_of_usual_ratio_is_no_bomb(home, tmp_path):
    rows = canonical_csv(*[{} for _ in range(2_000)])
    report = import_file(write(tmp_path / "a.zip", zipped({"a.csv": rows})), settings=home)
    assert (report.read, report.accepted) == (2_000, 2_000)
