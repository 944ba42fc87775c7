"""Types of the wire agree with JSON Schema."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from app_api.wire import NUMBER, WHOLE, IdLine, Line, Moment, keyset_page, offset_page

ROOT = Path(__file__).resolve().parents[2]
JsonInt, JsonFloat = Annotated[int, WHOLE], Annotated[float, NUMBER]


@pytest.mark.parametrize(("kind", "value", "meant"), [
    (JsonInt, 5, 5),
    (JsonInt, 5.0, 5),
    (JsonFloat, 5, 5.0),
    (JsonFloat, 36.6, 36.6),
    (Moment, "2026-11-24T12:00:00+02:00", datetime(2026, 11, 24, 10, tzinfo=UTC)),
    (Moment, "2026-11-24t10:00:00.5z", datetime(2026, 11, 24, 10, 0, 0, 500000, tzinfo=UTC)),
    (Line, "Influenza ü", "Influenza ü"),
    (IdLine, "reg_1:2.3-4", "reg_1:2.3-4"),
])  # fmt: skip
def test_a_value_is_taken_for_what_json_says(kind, value, meant):
    assert TypeAdapter(kind).validate_python(value) == meant


@pytest.mark.parametrize(("kind", "value"), [
    (JsonInt, "5"), (JsonInt, 5.5), (JsonInt, True), (JsonInt, None),
    (JsonFloat, "5"), (JsonFloat, False),
    (Moment, 1700000000), (Moment, "2026-11-24"), (Moment, "2026-11-24T12:00:00"), (Moment, "2026-02-30T12:00:00Z"),
    (Moment, "0001-01-01T00:00:00+23:00"),
    (Line, "two\nlines"), (Line, "nul\x00"), (Line, "lone surrogate \ud800"), (Line, 5),
    (IdLine, "a b"), (IdLine, ""),
])  # fmt: skip
def test_a_value_that_json_would_not_call_that_is_refused(kind, value):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_every_rule_on_the_wire_says_what_is_allowed():
    """A ValueError of another kind would reach the person as «does not take this value»."""
    rooms = [*(ROOT / "app_api").rglob("*.py"), *(ROOT / "serving").rglob("schemas.py")]
    schemas = [path for path in rooms if path.name in ("schemas.py", "wire.py", "clinical.py")]
    assert len(schemas) > 20
    assert [path for path in schemas if "raise ValueError" in path.read_text()] == []


@pytest.mark.parametrize(
    ("there", "shown", "counted", "keyed"), [(0, 0, None, None), (2, 2, None, None), (3, 2, 6, "b")]
)
def test_a_page_ends_with_a_cursor_exactly_when_there_is_a_row_past_it(there, shown, counted, keyed):
    rows = ["a", "b", "c"][:there]
    assert offset_page(rows, offset=4, limit=2) == (rows[:shown], counted)
    assert keyset_page(rows, limit=2, key=str) == (rows[:shown], keyed)
