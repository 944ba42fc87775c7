"""Files that cannot be trusted: each is refused by name and line, and nothing is half-imported."""

import gzip
import io
import tracemalloc
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_files import canonical_csv, everything_in, write

from assets.intake import import_file
from assets.intake.csv_reader import read_csv
from assets.intake.source_file import open_source
from core.errors import InputError
from core.vocabulary import REQUIRED_COLUMNS

TEXT = canonical_csv({}, {}, {})
LINES = TEXT.splitlines(keepends=True)
GZIP = gzip.compress((TEXT + "".join(f"{n},x\n" for n in range(20_000))).encode())

#: name -> (content, code, what the message says)
BAD = {
    "empty": (b"", "empty_file", r"bad\.csv, line 1: .*empty"),
    "only_empty_lines": (b"\n\n\n", "empty_file", r"bad\.csv, line 1"),
    "truncated_gzip": (GZIP[: len(GZIP) // 2], "truncated_gzip", r"bad\.csv, line \d+: .*cut off"),
    "damaged_gzip": (GZIP[:60] + b"\xff" * 40 + GZIP[100:], "damaged_gzip", r"bad\.csv, line \d+: .*damaged"),
    "zip_bomb": (
        gzip.compress(TEXT.encode() + ((b"x" * 100_000 + b",") * 9 + b"\n") * 80),
        "zip_bomb",
        r"bad\.csv, line \d+: unpacks to more than",
    ),
    "endless_line": (TEXT.encode() + b"x" * 1_100_000, "line_too_long", r"bad\.csv, line 5: .*longer than"),
    "nul_bytes": (TEXT.encode() + b"R9,\0\0,x\n", "nul_byte", r"bad\.csv, line 5: a NUL byte"),
    "open_quotation": (TEXT.encode() + b'R9,"P9' + b"\nmore" * 60_000, "bad_csv", r"bad\.csv, line 5: .*quotation"),
    "duplicated_column": (
        LINES[0].replace("sex", "facility").encode(),
        "duplicated_header",
        r"bad\.csv, line 1: .*'facility' twice",
    ),
    "cut_parquet": (b"PAR1" + b"x" * 100, "bad_parquet", r"bad\.csv, byte 104: not a Parquet file"),
    "cut_bundle": (b'{"resourceType": "Bundle",\n "entry": [{"res', "bad_json", r"bad\.csv, line 2: not JSON"),
    "no_fhir": (b'{"a": 1}', "not_fhir", r"bad\.csv, line 1: no FHIR resource"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_by_name_and_line_and_leaves_nothing(home, tmp_path, name: str):
    content, code, says = BAD[name]
    with pytest.raises(InputError, match=says) as caught:
        import_file(write(tmp_path / "bad.csv", content), settings=home)
    assert caught.value.code == code
    assert everything_in(home.inbox) == []


def test_a_line_of_two_gigabytes_is_refused_before_it_is_held(home, tmp_path):
    # 128 packed members one after another are one gzip file, and all their text is one line.
    line = gzip.compress(b"x" * 2**24) * 128
    path = write(tmp_path / "a.csv.gz", gzip.compress(TEXT.encode()) + line)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"a\.csv\.gz, line 5: the line is longer than 1,048,576 characters"):
            import_file(path, settings=home)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 64 * 2**20
    assert everything_in(home.inbox) == []


def test_a_file_that_changes_while_it_is_read_is_refused(home, tmp_path):
    path = write(tmp_path / "a.csv", TEXT)
    size = len(TEXT)
    says = rf"a\.csv, line 4: the file changed while it was read \({size:,} bytes when .* {size + len(LINES[1]):,} now"
    with pytest.raises(InputError, match=says) as caught:
        import_file(path, settings=home, progress=lambda read: path.write_text(TEXT + LINES[1]))
    assert caught.value.code == "file_changed"
    assert everything_in(home.inbox) == []


def test_a_file_that_goes_while_it_is_read_is_refused(home, tmp_path):
    path = write(tmp_path / "a.csv", TEXT)
    with pytest.raises(InputError, match=r"a\.csv, line 4: the file changed .*gone now"):
        import_file(path, settings=home, progress=lambda read: path.unlink())
    assert everything_in(home.inbox) == []


def test_a_parquet_file_that_is_damaged_inside_is_refused_by_the_row_reached(home, tmp_path, monkeypatch):
    rows = pd.read_csv(io.StringIO(canonical_csv(*[{} for _ in range(3_000)])), dtype="str")
    path = tmp_path / "a.parquet"
    rows.to_parquet(path, row_group_size=1_000, compression=None)
    place = pq.ParquetFile(path).metadata.row_group(1).column(0)
    content = bytearray(path.read_bytes())
    start = place.dictionary_page_offset or place.data_page_offset
    content[start : start + 40] = b"\xff" * 40
    write(path, bytes(content))
    monkeypatch.setattr("assets.intake.parquet_reader.ROWS_PER_CHUNK", 1_000)
    with pytest.raises(InputError, match=r"a\.parquet, row 1001 of 3,000: cannot be read from here on") as caught:
        import_file(path, settings=home)
    assert caught.value.code == "bad_parquet"
    assert everything_in(home.inbox) == []


def test_a_parquet_file_with_a_column_twice_is_refused_by_its_place(home, tmp_path):
    names = ["registration_id", "sex", "sex"]
    pq.write_table(pa.table([pa.array(["x"])] * 3, names=names), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet, column 3: the column 'sex' is there twice"):
        import_file(tmp_path / "a.parquet", settings=home)


def test_a_file_that_is_not_there_is_named(home, tmp_path):
    with pytest.raises(InputError, match=r"no file .*nowhere\.csv"):
        import_file(tmp_path / "nowhere.csv", settings=home)


def test_an_unknown_format_is_refused_with_the_allowed_ones(home, tmp_path):
    with pytest.raises(InputError, match="auto, csv, parquet, fhir, hl7v2"):
        import_file(write(tmp_path / "a.csv", TEXT), settings=home, format="xlsx")


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("cp1252", b""),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_text_is_read_whatever_its_encoding_delimiter_and_line_ends(tmp_path, encoding, mark, delimiter, ending):
    text = 'name;city\nZoë;Köln\nAnna;"Den\nHaag"\n'.replace(";", delimiter).replace("\n", ending)
    (chunk,) = read_csv(open_source(write(tmp_path / "a.csv", mark + text.encode(encoding))))
    assert chunk.rows.columns.tolist() == ["name", "city"]
    assert chunk.rows["name"].tolist() == ["Zoë", "Anna"]
    assert chunk.rows["city"].tolist() == ["Köln", f"Den{ending}Haag"]
    assert chunk.records == ["line 2", "line 3"]


def test_a_bad_record_does_not_stop_the_file(tmp_path):
    content = b"a,b\n1,2\n1,2,3\na,b\n\xff\xfe,4\n5,6\n"
    (chunk,) = read_csv(open_source(write(tmp_path / "a.csv", content)), encoding="utf-8")
    assert chunk.rows["a"].tolist() == ["1", "5"]
    assert [(item.record, item.fault) for item in chunk.broken] == [
        ("line 3", "3 fields where the header has 2"),
        ("line 4", "the header once more"),
        ("line 5", "bytes that are not UTF-8"),
    ]


def test_a_wrong_mapping_names_the_column_and_what_there_is(home, tmp_path):
    mapping = write(
        tmp_path / "m.yaml",
        "source: test\ncolumns:\n"
        + "".join(
            f"  {name}: {{from: Nowhere}}\n" for name in ("registration_id", "patient_id", "facility", "registered_at")
        )
        + "  age_years: {from: age_years}\n  condition: {from: condition}\n",
    )
    with pytest.raises(InputError, match=r"a\.csv, line 1: .*'Nowhere', which the file does not have; it has 'reg"):
        import_file(write(tmp_path / "a.csv", TEXT), settings=home, mapping=mapping)
    assert everything_in(home.inbox) == []


MAPPING_FAULTS = {
    "columns: [": r"m\.yaml, line 1: not YAML",
    "- a": "a mapping file holds `source:` and `columns:`",
    "source: x\ncolumns: {age: {from: A}}": "'age' is none of our columns",
    "source: x\ncolumns: {age_years: {from: A}}": "nothing fills registration_id",
    "source: x\ncolumns: {age_years: {from: A, constant: b}}": "exactly one of",
    "source: x\ncolumns: {age_years: {from: A, unit: parsec}}": "fahrenheit",
    "source: x\ncolumns: {registered_at: {from: A, timezone: Mars/Base}}": "Europe/London",
    "source: x\nsurprise: 1\ncolumns: " + repr({name: {"from": name} for name in REQUIRED_COLUMNS}): "surprise",
    "source: x\ncolumns: {age_years: {from: A, rules: [{when: old}]}}": "when",
}


@pytest.mark.parametrize("text", MAPPING_FAULTS)
def test_a_faulty_mapping_says_where_and_what_is_allowed(home, tmp_path, text: str):
    mapping = write(tmp_path / "m.yaml", text)
    with pytest.raises(InputError, match=MAPPING_FAULTS[text]) as caught:
        import_file(write(tmp_path / "a.csv", TEXT), settings=home, mapping=mapping)
    assert caught.value.code == "bad_mapping"


def test_every_example_mapping_is_valid():
    from assets.intake.mapping import load_mapping

    paths = sorted((Path(__file__).parents[3] / "docs" / "mappings").glob("*.yaml"))
    assert {path.stem for path in paths} >= {"neiss", "neiss_months", "ktas", "synthea"}
    assert all(load_mapping(path).columns for path in paths)
