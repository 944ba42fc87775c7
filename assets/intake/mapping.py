"""The mapping file: how a source's columns become ours, as a checked YAML document.

Belongs here: the schema and its loading. Does not belong here: applying it to rows (`translate`).
"""

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS, REQUIRED_COLUMNS

#: Units that are turned into ours: unit -> (factor, offset), value * factor + offset.
UNIT_CHANGES: dict[str, tuple[float, float]] = {
    "fahrenheit": (5 / 9, -160 / 9),
    "kelvin": (1.0, -273.15),
    "kpa": (7.50062, 0.0),
    "months": (1 / 12, 0.0),
    "days": (1 / 365.25, 0.0),
    "fraction": (100.0, 0.0),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True)


class NumberRule(_Strict):
    """Arithmetic for some values: `when: ">=200"`, then subtract, then multiply, then divide."""

    when: Annotated[str, StringConstraints(pattern=r"^\s*(>=|<=|>|<|==)\s*-?\d+(\.\d+)?\s*$")]
    subtract: float = 0.0
    multiply: float = 1.0
    divide: float = Field(1.0, gt=0)


class Lookup(_Strict):
    """A value from a second file: the first row whose `key` equals this row's `by` (YAML reads `on` as a boolean)."""

    file: Annotated[str, StringConstraints(pattern=r"^[^/\\]+$")]
    key: str
    by: str
    column: str


class ColumnRule(_Strict):
    """Where one of our columns comes from and what is done to it, in the order of the fields below."""

    source: str | None = Field(None, alias="from")
    lookup: Lookup | None = None
    constant: str | None = None
    #: Text with `{row}` (number of the record), `{hash}` (of the whole source record) and `{Column}` of the source.
    template: str | None = None
    #: A second column of the source, for where the first has nothing.
    default_from: str | None = None
    default: str | None = None
    values: dict[str, str] | None = None
    #: What a value that `values` does not name becomes; left out, it stays and the suite judges it.
    otherwise: str | None = None
    #: The value is a date of birth: years from it to `registered_at`.
    is_birth_date: bool = False
    unit: Literal["fahrenheit", "kelvin", "kpa", "months", "days", "fraction"] | None = None
    rules: tuple[NumberRule, ...] = ()
    #: strptime formats. Of several, one alone must fit, or all that fit must agree; else the value is refused.
    date_formats: tuple[str, ...] = ()
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; name one such as Europe/London") from None
        return name

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = [self.source, self.lookup, self.constant, self.template]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("give exactly one of `from`, `lookup`, `constant` and `template`")
        return self


class Mapping(_Strict):
    """A whole mapping file."""

    source: Annotated[str, StringConstraints(pattern=r"^[\w .-]{1,64}$")]
    version: str = "1"
    #: Name of the file to read when a folder is imported.
    file: Annotated[str, StringConstraints(pattern=r"^[^/\\]+$")] | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    encoding: str | None = None
    columns: dict[str, ColumnRule]

    @field_validator("columns")
    @classmethod
    def _columns_are_ours(cls, columns: dict[str, ColumnRule]) -> dict[str, ColumnRule]:
        unknown = sorted(set(columns) - set(REGISTRATION_COLUMNS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of our columns: {', '.join(REGISTRATION_COLUMNS)}")
        missing = [name for name in REQUIRED_COLUMNS if name not in columns]
        if missing:
            raise ValueError(
                f"nothing fills {', '.join(missing)}; every mapping must fill {', '.join(REQUIRED_COLUMNS)}"
            )
        return columns

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source's columns that rules of this mapping name directly."""
        rules = self.columns.values()
        named = [name for rule in rules for name in (rule.source, rule.default_from, rule.lookup and rule.lookup.by)]
        return tuple(dict.fromkeys(name for name in named if name is not None))


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    InputError
        If it is not there, not YAML, or not a mapping; names the file, the place in it and what is allowed.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"there is no mapping {path}", code="no_such_file") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path.name}, line {line}: not YAML ({error.problem})", code="bad_mapping") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(f"{path.name}, line 1: not YAML text", code="bad_mapping") from None
    if not isinstance(document, dict):
        raise InputError(f"{path.name}, line 1: a mapping file holds `source:` and `columns:`", code="bad_mapping")
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        says = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{path.name}, {place}: {says}", code="bad_mapping") from None


def canonical_mapping(source: str, columns: tuple[str, ...]) -> Mapping:
    """Return the mapping of a file that already has our columns: each is taken as it is."""
    present = [name for name in REGISTRATION_COLUMNS if name in columns]
    return Mapping(source=source, columns={name: ColumnRule(source=name) for name in present})
