"""Any table: its columns typed, its numbers read as people write them, its folds honest."""

from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.errors import InputError
from medisync.risk import app, as_document, read_table
from ml.risk.config import TrainingConfig
from ml.risk.crossval import evaluate_table, merge_values, suspected_leaks
from ml.risk.tabular import clean_text, encode_fold, read_numbers, type_columns

QUICK = TrainingConfig(epochs=8, trees=30, learning_rate=3e-3, min_leaf_rows=3)


def draw_table(n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    severity = rng.normal(size=n)
    age = rng.integers(20, 90, n)
    table = pd.DataFrame(
        {
            "age": age.astype(str),
            "lactate": [f"{value:.1f}".replace(".", ",") for value in 2 + severity],
            "arrival": rng.choice(["walk", "ambulance", "taxi"], n),
            "complaint": [f"words about case {number}" for number in range(n)],
            "row": [str(number) for number in range(n)],
            "triage": np.digitize(severity, [-0.5, 0.7]).astype(str),
            "patient": [f"p{number // 2}" for number in range(n)],
        }
    )
    table.loc[::15, "lactate"] = "#BOŞ!"
    table["answer_copy"] = table["triage"]
    return table


@pytest.mark.parametrize(
    ("text", "number"),
    [("3,95", 3.95), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("-7", -7), ("2 500", 2500), ("1e3", 1000)],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert read_numbers(pd.Series([text]))[0] == pytest.approx(number)


def test_cells_that_mean_nothing_are_empty() -> None:
    texts = ["#BOŞ!", "#N/A", "#DIV/0!", "NA", " n/a ", "??", "-", "null", "12", "#4 bed"]
    assert clean_text(pd.Series(texts)).tolist() == [""] * 8 + ["12", "#4 bed"]


def test_columns_are_typed_and_what_is_dropped_is_said() -> None:
    typed = type_columns(draw_table().assign(constant="1", mixed=["12"] * 239 + ["twelve"]))
    assert set(typed.numeric) >= {"age", "lactate", "triage"}
    assert set(typed.categorical) >= {"arrival", "triage"}
    assert np.isnan(typed.numeric["lactate"][::15]).all()
    said = " ".join(typed.notes)
    for words in ("complaint: dropped as free text", "row: dropped", "constant: dropped"):
        assert words in said


def test_a_fold_is_encoded_from_its_training_rows_alone() -> None:
    table = draw_table()
    train = np.arange(160)
    before = encode_fold(type_columns(table), train)
    changed = table.copy()
    changed.loc[160:, "age"] = "55"
    changed.loc[160:, "arrival"] = "taxi"
    after = encode_fold(type_columns(changed), train)
    np.testing.assert_array_equal(before[:160], after[:160])


def test_the_models_learn_a_table_and_say_what_they_saw() -> None:
    table = pd.concat([draw_table(), draw_table().iloc[:9]], ignore_index=True)
    told: list[str] = []
    report = evaluate_table(
        table, target="triage", exclude=["answer_copy"], folds=2, config=QUICK, n_bootstrap=50, tell=told.append
    )
    assert report.n_identical == table[list(report.columns)].duplicated().sum() >= 9
    assert report.class_counts.keys() == {"0", "1", "2"}
    assert not {"triage", "answer_copy", "complaint"} & set(report.columns)
    assert report.models["forest"].accuracy.value > 0.7
    assert report.models["ensemble"].accuracy.low > max(report.class_counts.values()) / report.n
    assert sum("fold" in text for text in told) == 2
    document = orjson.loads(orjson.dumps(as_document(report)))
    assert document["identical_rows"] == report.n_identical
    low, high = document["models"]["ensemble"]["intervals"]["auroc"]
    assert low <= document["models"]["ensemble"]["auroc"] <= high


def test_a_copy_of_the_answer_is_suspected() -> None:
    table = draw_table()
    labels = table["triage"].astype(int).to_numpy()
    typed = type_columns(table.drop(columns="triage"))
    assert suspected_leaks(typed, labels, seed=1) == ("lactate", "answer_copy")
    assert suspected_leaks(type_columns(table[["age", "arrival"]]), labels, seed=1) == ()


def test_target_values_can_be_merged_and_all_must_be_named() -> None:
    answers = pd.Series(["1", "2", "3", ""])
    assert merge_values(answers, [["1", "2"], ["3"]]).tolist() == ["1+2", "1+2", "3", ""]
    with pytest.raises(InputError, match="without a class: 3"):
        merge_values(answers, [["1", "2"]])


def test_what_cannot_be_evaluated_is_refused_with_the_reason() -> None:
    table = draw_table()
    with pytest.raises(InputError, match="no such column: nope"):
        evaluate_table(table, target="nope")
    with pytest.raises(InputError, match="classes"):
        evaluate_table(table, target="complaint")
    with pytest.raises(InputError, match="fewer than 5 rows: rare"):
        evaluate_table(table.assign(triage=["rare", *table["triage"].iloc[1:]]), target="triage")
    with pytest.raises(InputError, match="no column is left"):
        evaluate_table(table[["triage", "complaint"]], target="triage")


def test_files_of_other_countries_are_read(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes("größe;wert\n1,5;ja\n2,5;nein\n".encode("cp1252"))
    assert read_table(file).columns.tolist() == ["größe", "wert"]
    file.write_text("a,b\n")
    with pytest.raises(InputError, match="no rows"):
        read_table(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "absent.csv")


def test_the_command_refuses_an_unknown_column(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n1,x\n2,y\n")
    found = CliRunner().invoke(app, ["evaluate", str(file), "--target", "c"])
    assert isinstance(found.exception, InputError)
    assert "no such column: c" in str(found.exception)
    assert found.stdout == ""


@pytest.mark.parametrize(
    ("folds", "wards", "words"),
    [(5, 3, "3 groups .* 5 folds"), (1, 3, "folds is 1"), (2, 2, "1 group of rows to train")],
)
def test_folds_that_the_groups_cannot_fill_are_refused(folds: int, wards: int, words: str) -> None:
    table = draw_table().assign(
        ward=[f"w{number % wards}" for number in range(240)], dose=[f"{number / 10:.1f}" for number in range(240)]
    )
    with pytest.raises(InputError, match=words):
        evaluate_table(table, target="triage", group="ward", exclude=["answer_copy"], folds=folds, config=QUICK)
