"""The Safe Harbor extract: planted identifiers of all eighteen kinds, looked for in everything that was written."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sqlalchemy import text
from upath import UPath

from assets import safe_harbor as export
from assets.registrations import Pseudonyms
from assets.safe_harbor import export_safe_harbor
from assets.storage import Warehouse, write_atomically
from core import clock
from core.errors import ConflictError, InputError, IntegrityError, MediSyncError, NotFoundError, UnavailableError
from core.settings import Settings
from core.vocabulary import VALIDATED_DTYPES
from medisync.main import cli
from ml.features import FEATURE_COLUMNS, NUMERIC_FEATURES, build_risk_features
from ml.safe_harbor import CROSSES
from ml.safe_harbor.placement import MADE
from ml.synthetic import generate_hospital

#: One of each kind of 164.514(b)(2)(i); two where people write them in two ways.
PLANTED = {
    "A": "Ada Lovelace",
    "B": "12 Marylebone Road, Springfield",
    "B2": "94110-1234",
    "C": "1931-02-03",
    "C2": "03/02/1931 14:07",
    "D": "+1 (212) 555-0147",
    "E": "+1-212-555-0148",
    "F": "ada@lovelace.example",
    "G": "219-09-9999",
    "H": "MRN-48151623",
    "I": "HPB-7700123",
    "J": "ACCT-0099887766",
    "K": "LIC-A1234567",
    "L": "1HGCM82633A004352",
    "M": "SN-DEV-55443322",
    "N": "https://lovelace.example/ada",
    "O": "203.0.113.77",
    "P": "FINGER:arch-whorl-77",
    "Q": "data:image/jpeg;base64,/9j/4AAQSkZJRg",
    "R": "STUDY-XQ-17",
}
#: The same where a column holds numbers: telephone, social security, ZIP code, record number, a day.
PLANTED_NUMBERS = (2125550147.0, 219099999.0, 94110.0, 48151623.0, 19310203.0, 1.9310203e7)
FREE_TEXT = "seen by Ada Lovelace, call +1 (212) 555-0147, MRN-48151623, born 1931-02-03"
FINER_THAN_A_YEAR = re.compile(r"(?<![\w-])\d{4}-\d{2}(?![\w])|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\d{2}:\d{2}|\b\d{8}\b")


@pytest.fixture(scope="module")
def hospital() -> dict[str, pd.DataFrame]:
    """Both layers of a small hospital, whole and as the pipeline makes them."""
    made = generate_hospital(patients=2_500, years=3, seed=11, end=clock.today()).registrations
    rows = Pseudonyms(key="k").replace(made.assign(patient_id="MRN-" + made["patient_id"].astype("str")))
    rows = rows.assign(source="clinic-north.csv", source_record="line " + rows.index.astype("str"))
    rows["content_hash"] = [hashlib.sha256(name.encode()).hexdigest() for name in rows["registration_id"]]
    rows["loaded_at"] = rows["recorded_at"]
    return {
        "validated_registrations": rows[list(VALIDATED_DTYPES)],
        "features_risk": build_risk_features(rows, history=rows.iloc[:0]),
    }


def planted(hospital: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The hospital with an identifier in every column in turn, in columns besides, and in numbers kept as text."""
    words = [*PLANTED.values(), FREE_TEXT]
    layers = {}
    for layer, frame in hospital.items():
        made = frame.copy()
        for number, column in enumerate(made.columns):
            if column in ("registration_id", "registered_at"):
                continue
            places = np.arange(number, len(made), 173)
            if pd.api.types.is_numeric_dtype(made[column]):
                made[column] = made[column].astype("float64")
                made.iloc[places, number] = np.resize(PLANTED_NUMBERS, len(places))
            elif not pd.api.types.is_datetime64_any_dtype(made[column]):
                made[column] = made[column].astype("object")
                made.iloc[places, number] = np.resize(words, len(places))
        for kind, word in PLANTED.items():
            made[f"extra_{kind}"] = word
        layers[layer] = made
    # A patient's identifier stands in patient_id itself, and the same patient in both layers' visit numbers.
    names = {name: f"{PLANTED['H']}/{name}" for name in layers["features_risk"]["registration_id"]}
    for frame in layers.values():
        frame["registration_id"] = frame["registration_id"].map(names)
    numbers = [name for name in layers["features_risk"].columns if name in NUMERIC_FEATURES]
    features = layers["features_risk"].astype(dict.fromkeys(numbers, "object"))
    late = _of_last_days(features, 90)
    as_text = features.loc[late, numbers].map(lambda value: "" if pd.isna(value) else str(value))
    as_text.iloc[::7] = FREE_TEXT
    features.loc[late, numbers] = as_text
    layers["features_risk"] = features
    return layers


def _of_last_days(rows: pd.DataFrame, days: int) -> pd.Series:
    return rows["registered_at"] >= rows["registered_at"].max() - pd.Timedelta(days, "D")


def written(folder: Path, layers: dict[str, pd.DataFrame]) -> Warehouse:
    """A warehouse with these layers, month by month; a month of nothing but numbers is stored as numbers."""
    warehouse = Warehouse(base=str(folder))
    for layer, frame in layers.items():
        for month, part in frame.groupby(frame["registered_at"].dt.strftime("%Y-%m")):
            kept = part.infer_objects()
            mixed = [name for name in kept if kept[name].dtype == object and kept[name].map(type).nunique() > 1]
            kept = kept.assign(**{name: kept[name].astype("str") for name in mixed})
            kept.attrs = {"source_fingerprint": PLANTED["F"]}
            write_atomically(kept, warehouse.path(layer, str(month)), run_id="test")
    return warehouse


@pytest.fixture(scope="module")
def home(tmp_path_factory, hospital) -> Settings:
    """A home with both layers as they are, nothing planted."""
    made = Settings(home=tmp_path_factory.mktemp("extract"), database_url=None, redis_url=None)
    made.ensure_secrets()
    written(made.warehouse, hospital)
    return made


@pytest.fixture(scope="module")
def warehouse(home) -> Warehouse:
    return Warehouse(base=str(home.warehouse))


def extracted(warehouse: Warehouse, place: Path | UPath, **more) -> tuple[pd.DataFrame, dict]:
    report = export_safe_harbor(warehouse, UPath(place), version="0", **more)
    folder = UPath(place)
    frames = []
    for one in report.manifest["files"]:
        with (folder / one["name"]).open("rb") as file:
            frames.append(pd.read_parquet(file))
    return pd.concat(frames, ignore_index=True), json.loads((folder / "manifest.json").read_text())


def leaks(folder: Path, hospital: dict[str, pd.DataFrame]) -> list[str]:
    """Everything in a written extract that names somebody, or a time finer than a year; by column, once each."""
    rows = hospital["validated_registrations"]
    named = ["registration_id", "patient_id", "facility", "condition", "content_hash", "source", "source_record"]
    known = set(rows[named].to_numpy().ravel())
    words = [*PLANTED.values(), FREE_TEXT]
    found = set()
    for path in sorted(folder.rglob("*.parquet")):
        file = pq.ParquetFile(path)
        groups = [file.metadata.row_group(number).to_dict() for number in range(file.num_row_groups)]
        footer = f"{file.metadata.metadata} {groups}"
        found |= {f"footer: {word}" for word in words if word in footer}
        for name, column in file.read().to_pandas().items():
            if pd.api.types.is_datetime64_any_dtype(column):
                found.add(f"{name}: a moment")
            elif pd.api.types.is_numeric_dtype(column):
                top = 90 if name == "age_years" else (2100 if name == "year" else 365)
                if (column > top).any() or (column < 0).any():
                    found.add(f"{name}: a number past {top}")
            else:
                cells = set(column.dropna())
                found |= {f"{name}: {word}" for word in words for cell in cells if word in cell}
                found |= {f"{name}: a value of the hospital" for cell in cells if cell in known}
                found |= {f"{name}: a moment" for cell in cells if FINER_THAN_A_YEAR.search(cell)}
    manifest = (folder / "manifest.json").read_text()
    found |= {f"manifest: {word}" for word in words if word in manifest}
    found |= {"manifest: a value of the hospital" for value in known if f'"{value}"' in manifest}
    without_hashes = re.sub(r'"[0-9a-f]{40,64}(\+changes)?"', "", manifest)
    found |= {f"manifest: {hit}" for hit in FINER_THAN_A_YEAR.findall(without_hashes)}
    return sorted(found)


def test_no_planted_identifier_of_any_kind_and_no_date_finer_than_a_year_is_written(hospital, tmp_path):
    warehouse = written(tmp_path / "layers", planted(hospital))
    stored = b"".join(path.read_bytes() for path in (tmp_path / "layers").rglob("*.parquet"))
    assert PLANTED["F"].encode() in stored, "the plants are in the layers, in the footers of their files too"
    rows, manifest = extracted(warehouse, tmp_path / "out")
    assert leaks(tmp_path / "out", hospital) == []
    assert len(rows) > 2_000
    assert set(rows.columns) == {*MADE, *(one.name for one in CROSSES)}
    blanked = {one["name"]: one["blanked"] for one in manifest["columns"]}
    assert all(blanked[one.name] > 10 for one in CROSSES if one.name != "risk_label"), blanked
    assert manifest["left_out_rows"]["without_label"] > 10, "a label that is no word of the vocabulary has no row"


class _AsItIs:
    """What the rules must never be."""

    said = "as it is"

    def apply(self, values: pd.Series):
        from ml.safe_harbor.rules import Applied

        nothing = pd.Series(False, index=values.index)
        return Applied(values, nothing, nothing)


@pytest.mark.parametrize("column", ["sex", "outcome", "condition_category", "age_years", "heart_rate"])
def test_the_search_finds_what_a_column_without_its_rule_would_give_away(column, hospital, tmp_path, monkeypatch):
    """The same search, with one rule taken away: were it blind, the test above would prove nothing."""
    from ml.safe_harbor import extract

    loose = tuple(
        type(one)(one.name, one.layer, one.source, _AsItIs(), one.why) if one.name == column else one
        for one in extract.CROSSES
    )
    layers = planted(hospital)
    # Numbers as text do not go into one column with numbers: without its rule a column is as it came.
    layers = {layer: frame[~_of_last_days(frame, 120)] for layer, frame in layers.items()}
    monkeypatch.setattr(extract, "CROSSES", loose)
    extracted(written(tmp_path / "layers", layers), tmp_path / "out")
    found = leaks(tmp_path / "out", hospital)
    assert any(one.startswith(f"{column}: ") for one in found)
    assert all(one.startswith((f"{column}: ", "footer: ")) for one in found), found


def test_every_labelled_registration_is_there_once_and_the_manifest_says_what_was_done(warehouse, hospital, tmp_path):
    rows, manifest = extracted(warehouse, tmp_path / "new" / "out")
    features = hospital["features_risk"]
    labelled = features[features["risk_label"].notna()]
    assert len(rows) == manifest["rows"] == len(labelled) > 2_000
    assert rows["year"].value_counts().to_dict() == labelled["registered_at"].dt.year.value_counts().to_dict()
    assert rows["risk_label"].value_counts().to_dict() == labelled["risk_label"].value_counts().to_dict()
    assert manifest["left_out_rows"] == {"without_features": 0, "without_label": len(features) - len(labelled)}
    assert (manifest["first_year"], manifest["last_year"]) == (rows["year"].min(), rows["year"].max())
    for one in manifest["files"]:
        assert hashlib.sha256((tmp_path / "new" / "out" / one["name"]).read_bytes()).hexdigest() == one["sha256"]
    old = {one["name"]: one for one in manifest["columns"]}["age_years"]
    assert old["topped"] == (labelled["age_years"] >= 90).sum() > 0
    assert old["kept"] == len(rows) and rows["age_years"].max() == 90
    assert manifest["statement"].startswith("Built to the method of 45 CFR 164.514(b)(2)")
    assert "actual knowledge" in manifest["statement"] and "compliant" not in json.dumps(manifest)
    assert len(manifest["identifiers"]) == 18


def test_a_files_rows_are_not_in_the_order_they_came_in(warehouse, hospital, tmp_path):
    """Measurements of a row find it again in its layer: where it stands now must not say where it stood."""
    rows, _ = extracted(warehouse, tmp_path / "out")
    keys = ["heart_rate", "systolic_bp", "diastolic_bp", "respiratory_rate", "temperature_c", "spo2_pct"]
    features = hospital["features_risk"]
    came = features[features["risk_label"].notna()].assign(came=lambda frame: np.arange(len(frame)))
    came[keys] = came[keys].round({key: 1 if key == "temperature_c" else 0 for key in keys})
    year = rows["year"].mode()[0]
    now = rows[rows["year"] == year].reset_index(drop=True).assign(now=lambda frame: np.arange(len(frame)))
    once = came[came["registered_at"].dt.year == year].drop_duplicates(keys, keep=False)
    both = now.drop_duplicates(keys, keep=False).dropna(subset=keys).merge(once, on=keys)
    assert len(both) > 300
    assert abs(both["now"].corr(both["came"], method="spearman")) < 5 / np.sqrt(len(both))


def test_two_extracts_of_the_same_rows_share_no_code(warehouse, tmp_path):
    (one, told), (other, told_again) = (extracted(warehouse, tmp_path / name) for name in ("one", "two"))
    assert set(one["record_code"]).isdisjoint(other["record_code"])
    assert one["record_code"].is_unique
    assert told["extract_id"] != told_again["extract_id"]
    unlike = [name for name in ("rows", "columns", "left_out_rows") if told[name] != told_again[name]]
    assert unlike == [], "only codes, folds and order are drawn"


def test_a_risk_model_learns_from_the_extract_almost_as_well_as_from_the_rows_themselves(warehouse, hospital, tmp_path):
    rows, _ = extracted(warehouse, tmp_path / "out")
    features = hospital["features_risk"].dropna(subset=["risk_label"])
    numbers = [one.name for one in CROSSES if one.name in NUMERIC_FEATURES]
    kept = auroc(rows, numbers, ["condition_category"], LeaveOneGroupOut(), rows["fold"])
    whole = auroc(features, list(NUMERIC_FEATURES), ["condition"], GroupKFold(10), features["patient_id"])
    assert set(FEATURE_COLUMNS) == {*NUMERIC_FEATURES, "condition"}
    assert whole > 0.75
    assert kept > whole - 0.02


def auroc(rows: pd.DataFrame, numbers: list[str], words: list[str], split, groups: pd.Series) -> float:
    """Area under the curve of "admitted or worse", on patients not trained on."""
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=500))
    truth = (rows["risk_label"] != "low").to_numpy()
    given = rows[[*numbers, *words]].astype(dict.fromkeys(words, "object")).fillna(dict.fromkeys(words, "unknown"))
    chances = cross_val_predict(model, given, truth, groups=groups, cv=split, method="predict_proba")
    return float(roc_auc_score(truth, chances[:, 1]))


def test_the_command_writes_the_folder_and_one_event_of_the_audit_without_a_value(
    home, hospital, pg_engine, pg_dsn, tmp_path, monkeypatch
):
    monkeypatch.setenv("MEDISYNC_HOME", str(home.home))
    monkeypatch.setenv("MEDISYNC_DATABASE_URL", pg_dsn)
    year = int(hospital["features_risk"]["registered_at"].dt.year.max()) - 1
    argv = ["safe-harbor", str(tmp_path / "out"), "--year", str(year)]
    done = CliRunner().invoke(cli, [*argv, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["first_year"], told["last_year"]) == (year, year)
    assert [path.name for path in sorted((tmp_path / "out" / "rows").iterdir())] == [f"{year}.parquet"]
    with pg_engine.connect() as connection:
        events = connection.execute(text("SELECT * FROM audit_event")).mappings().all()
        waiting = connection.execute(text("SELECT count(*) FROM audit_unsealed")).scalar_one()
    assert len(events) == waiting == 1, "the event waits for its seal"
    event = dict(events[0])
    assert (event["action"], event["object_kind"], event["actor_role"]) == ("extract.safe_harbor", "extract", "machine")
    assert event["object_ids"][:2] == [told["extract_id"], f"rows:{told['rows']}"]
    assert event["object_ids"][2].startswith("account:") and event["patient_id"] is None
    with pytest.raises(InputError, match="not empty"):
        CliRunner().invoke(cli, argv, catch_exceptions=False)


def test_without_the_audit_nothing_is_written(home, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDISYNC_HOME", str(home.home))
    monkeypatch.setenv("MEDISYNC_DATABASE_URL", "postgresql+psycopg2://medisync:x@127.0.0.1:9/medisync")
    with pytest.raises(UnavailableError, match="written into its audit"):
        CliRunner().invoke(cli, ["safe-harbor", str(tmp_path / "out")], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_before_it_is_published_leaves_nothing_behind(warehouse, tmp_path):
    def refuse(report) -> None:
        assert report.rows > 2_000
        raise UnavailableError("the audit went away")

    for place in (UPath(tmp_path / "out"), UPath(f"memory://{tmp_path.name}/out")):
        with pytest.raises(UnavailableError):
            export_safe_harbor(warehouse, place, version="0", before_publishing=refuse)
        assert not place.exists()
    assert list(tmp_path.iterdir()) == []


def test_an_object_store_gets_the_same_files_the_manifest_last(warehouse, tmp_path):
    place = UPath(f"memory://{tmp_path.name}/bucket/extract")
    seen = []

    def look(_) -> None:
        seen.append((place / "manifest.json").exists())

    rows, manifest = extracted(warehouse, place, before_publishing=look)
    assert seen == [False]
    assert len(rows) == manifest["rows"]
    with pytest.raises(InputError, match="not empty"):
        export_safe_harbor(warehouse, place, version="0")


def test_a_folder_with_something_in_it_is_left_alone_and_an_empty_one_is_taken(warehouse, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export_safe_harbor(warehouse, UPath(tmp_path / "full"), version="0")
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "mine.txt"]
    (tmp_path / "empty").mkdir()
    extracted(warehouse, tmp_path / "empty")
    assert (tmp_path / "empty").stat().st_mode & 0o077 == 0, "for its owner only"


def test_a_year_without_registrations_is_named_with_those_that_are_there(warehouse, tmp_path):
    with pytest.raises(InputError, match=r"no registrations of 1931; there are: 20\d\d to 20\d\d"):
        export_safe_harbor(warehouse, UPath(tmp_path / "out"), version="0", years=[1931])


def test_nothing_with_an_outcome_is_nothing_exported(tmp_path, hospital):
    empty = Warehouse(base=str(tmp_path / "w"))
    with pytest.raises(NotFoundError, match="run `medisync run`"):
        export_safe_harbor(empty, UPath(tmp_path / "out"), version="0")
    only_validated = {"validated_registrations": hospital["validated_registrations"]}
    with pytest.raises(NotFoundError):
        export_safe_harbor(written(tmp_path / "v", only_validated), UPath(tmp_path / "out"), version="0")


def test_registrations_without_features_are_left_out_and_counted(hospital, tmp_path):
    layers = dict(hospital)
    month = layers["features_risk"]["registered_at"].dt.strftime("%Y-%m")
    gone = month == sorted(month.unique())[5]
    layers["features_risk"] = layers["features_risk"][~gone].iloc[:-7]
    rows, manifest = extracted(written(tmp_path / "w", layers), tmp_path / "out")
    assert manifest["left_out_rows"]["without_features"] == gone.sum() + 7
    assert len(rows) == layers["features_risk"]["risk_label"].notna().sum()


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda frame: frame.drop(columns=["sex"]), ConflictError, "lacks sex"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), IntegrityError, "a registration twice"),
    ],
)
def test_a_layer_that_is_not_what_it_should_be_is_named_without_a_value(spoil, error, said, hospital, tmp_path):
    rows = spoil(hospital["validated_registrations"])
    with pytest.raises(error, match=said) as raised:
        extracted(written(tmp_path / "w", {**hospital, "validated_registrations": rows}), tmp_path / "out")
    assert isinstance(raised.value, MediSyncError)
    assert not any(name in raised.value.message for name in hospital["features_risk"]["registration_id"])


def test_years_of_which_months_lack_are_told_to_whoever_exports(warehouse, hospital, tmp_path):
    report = export_safe_harbor(warehouse, UPath(tmp_path / "out"), version="0")
    labelled = hospital["features_risk"].dropna(subset=["risk_label"])["registered_at"]
    months = labelled.dt.strftime("%Y-%m").drop_duplicates().str.slice(stop=4).astype(int).value_counts()
    assert report.months_by_year == months[months < 12].to_dict()
    assert "months_by_year" not in report.manifest


def test_the_two_layers_are_read_for_the_listed_columns_only():
    read = {column for columns in export._FULL.values() for column in columns}
    assert read == {one.source for one in CROSSES} | {"registration_id", "patient_id"}
    assert not set(export._FULL["features_risk"]) & set(export._FULL["validated_registrations"]) - {"registration_id"}
