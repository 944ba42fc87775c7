"""HL7 v2 ADT files: A01 and A04 open a visit, A08 corrects it, A03 ends it; each message is a version of it.

Belongs here: cutting a file into messages, and which field becomes which column. Does not belong here: the network
(`mllp` lands what it takes as a file).

Each message yields the whole visit as known after it: what it leaves empty is carried over from the visit's earlier
messages, of this import or one before, what it sends as `""` is deleted (HL7 2.5.1, 2.5.3). `recorded_at` is the
message's own time, so the newest version wins and an A08 is a correction (docs/decisions/0042).
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from assets.intake.chunks import Broken, Chunk
from assets.intake.earlier import Earlier
from assets.intake.lines import read_lines
from assets.intake.source_file import SourceFile
from assets.intake.vital_signs import VITALS_BY_LOINC, in_our_unit
from core.vocabulary import REGISTRATION_COLUMNS

TRIGGERS = ("A01", "A03", "A04", "A08")
_MESSAGES_PER_CHUNK = 20_000
_SEXES = {"F": "female", "M": "male", "O": "other", "A": "other", "U": "unknown", "N": "unknown"}
#: User-defined table 0112, the values that HL7 suggests.
_DISPOSITIONS = {"01": "discharged", "07": "left", "09": "admitted", "20": "deceased", "30": "admitted"}
_INPATIENT = {"I", "B"}
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:(\d{2})(?:\.\d{1,4})?)?)?([+-]\d{4})?")
_DELETED = '""'


def read_hl7(sources: Sequence[SourceFile], *, earlier: Earlier | None = None) -> Iterator[Chunk]:
    """Yield one row for each ADT message of some files, in `REGISTRATION_COLUMNS`.

    Parameters
    ----------
    sources : sequence of SourceFile
        Messages one after another, with or without batch envelopes (FHS, BHS, BTS, FTS) and MLLP marks.
    earlier : callable, optional
        Looks up versions of visits from earlier imports, for messages that tell only what has changed.

    Yields
    ------
    Chunk
        A message that is no HL7, lacks its visit number, or has another trigger than `TRIGGERS` is broken.
    """
    visits: dict[str, dict[str, str]] = {}
    told: list[tuple[str, dict[str, str]]] = []
    broken: list[Broken] = []
    for source in sources:
        for number, (line, text) in enumerate(_messages(source), start=1):
            record = (
                f"message {number}, line {line}"
                if len(sources) == 1
                else f"{source.name}, message {number}, line {line}"
            )
            said = _told(text)
            if isinstance(said, str):
                broken.append(Broken(record, said, hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()))
                continue
            told.append((record, said))
            if len(told) >= _MESSAGES_PER_CHUNK:
                yield _chunk(_versions(told, visits, earlier), [one for one, _ in told], broken)
                told, broken = [], []
    yield _chunk(_versions(told, visits, earlier), [one for one, _ in told], broken)


def _versions(
    told: list[tuple[str, dict[str, str]]], visits: dict[str, dict[str, str]], earlier: Earlier | None
) -> list[dict[str, str]]:
    """Return the visit after each message; a visit that is new to this import begins as it was known before."""
    unknown = {said["registration_id"] for _, said in told} - visits.keys()
    known = earlier(unknown) if earlier is not None and unknown else {}
    rows: list[dict[str, str]] = []
    for _, said in told:
        identity = said["registration_id"]
        if identity not in visits:
            visits[identity] = _known_before(known.get(identity, []), said["recorded_at"])
        visits[identity].update({name: value for name, value in said.items() if value})
        rows.append(_version(visits[identity]))
    return rows


def _known_before(versions: list[dict[str, Any]], moment_told: str) -> dict[str, str]:
    """Return the newest version recorded before a message; later ones would make the same message say something else.

    So importing a file a second time yields the same rows, whatever has come since.
    """
    at = _instant(moment_told)
    if at is None:
        return {}
    dated = [(when, row) for row in versions if (when := _instant(row["recorded_at"] or "")) is not None and when < at]
    if not dated:
        return {}
    newest = max(dated, key=lambda one: one[0])[1]
    return {name: value for name, value in newest.items() if value}


def _instant(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _version(visit: dict[str, str]) -> dict[str, str]:
    """Return the registration as it now stands; the age follows a corrected date of birth or of admission."""
    known = {name: "" if value == _DELETED else value for name, value in visit.items()}
    born, sender = known.pop("born", ""), known.pop("sender", "")
    # Where nothing says where the patient is, it is where the message comes from.
    known["facility"] = known.get("facility") or sender
    if born or "age_years" not in known:
        known["age_years"] = _age(born, known.get("registered_at", ""))
    return known


def _chunk(rows: list[dict[str, str]], records: list[str], broken: list[Broken]) -> Chunk:
    return Chunk(pd.DataFrame(rows, columns=list(REGISTRATION_COLUMNS)).astype("str"), records, tuple(broken))


def _messages(source: SourceFile) -> Iterator[tuple[int, str]]:
    """Yield each message with the number of its first line; segments may end in \\r, \\n or both."""
    segments: list[str] = []
    start = 1
    with source.open() as stream:
        for number, line in enumerate(read_lines(source, stream), start=1):
            segment = line.strip("\r\n\x0b\x1c")
            if not segment or segment[:3] in ("FHS", "BHS", "BTS", "FTS"):
                continue
            if segment.startswith("MSH") and segments:
                yield start, "\r".join(segments)
                segments = []
            if not segments:
                start = number
            segments.append(segment)
    if segments:
        yield start, "\r".join(segments)


def _told(text: str) -> dict[str, str] | str:
    """Return what a message says of its visit, or in words why it cannot be read (never a value of it)."""
    if not text.startswith("MSH|"):
        return "no MSH segment in front"
    try:
        message = parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)
        kind, trigger = _value(message.msh.msh_9, 1), _value(message.msh.msh_9, 2)
    except (HL7apyException, ValueError, IndexError, KeyError, AttributeError, TypeError):
        # The parser's message may quote a field.
        return "not HL7 v2"
    if kind != "ADT" or trigger not in TRIGGERS:
        known = trigger if re.fullmatch(r"[A-Z]\d\d", trigger) else "none"
        return f"trigger {known}; read are {', '.join(TRIGGERS)}"
    segments = _segments(message)
    if "PID" not in segments or "PV1" not in segments:
        return "no PID or no PV1 segment"
    row = _visit(segments, trigger)
    return row if row["registration_id"] else "no visit number (PV1-19) and no account number (PID-18)"


def _segments(message: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for segment in message.children:
        found.setdefault(segment.name, []).append(segment)
    return found


def _field(segment: Any, number: int, component: int = 1) -> str:
    """Return one component of a field's first repetition as text; empty when it is not there."""
    name = f"{segment.name}_{number}".lower()
    repetitions = getattr(segment, name, None)
    return _value(repetitions, component)


def _value(field: Any, component: int) -> str:
    text = field.to_er7() if field is not None and len(field) else ""
    if text == _DELETED:
        return text
    parts = text.split("~", 1)[0].split("^")
    return parts[component - 1].strip() if len(parts) >= component else ""


def _visit(segments: dict[str, list[Any]], trigger: str) -> dict[str, str]:
    header, person, visit = segments["MSH"][0], segments["PID"][0], segments["PV1"][0]
    sent = _field(header, 7)
    offset = _STAMP.fullmatch(sent)
    zone = (offset.group(7) or "+0000") if offset else "+0000"
    event = segments.get("EVN", [None])[0]
    recorded = (_field(event, 2) if event is not None else "") or sent
    registered = moment(_field(visit, 44), zone) or (moment(recorded, zone) if trigger in ("A01", "A04") else "")
    ended = moment(_field(visit, 45), zone) or (moment(recorded, zone) if trigger == "A03" else "")
    sex = _field(person, 8)
    row = {
        "registration_id": _field(visit, 19) or _field(person, 18),
        "patient_id": _field(person, 3),
        "facility": _field(visit, 3, 4),
        "sender": _field(header, 4),
        "registered_at": registered,
        "recorded_at": moment(recorded, zone),
        "born": _field(person, 7),
        "sex": _SEXES.get(sex, sex),
        "comorbidity_count": str(len(segments["DG1"]) - 1) if "DG1" in segments else "",
        "outcome": _outcome(visit, person, trigger),
        "outcome_at": ended if trigger == "A03" or _field(visit, 36) else "",
    }
    row.update(_diagnosis(segments))
    row.update(_vitals(segments.get("OBX", [])))
    return row


def _diagnosis(segments: dict[str, list[Any]]) -> dict[str, str]:
    """Return condition and code from the first DG1, else the words of the admit reason (PV2-3)."""
    if "DG1" in segments:
        first = segments["DG1"][0]
        code, words, system = _field(first, 3, 1), _field(first, 3, 2), _field(first, 3, 3)
        is_icd10 = system.upper().startswith(("I10", "ICD10", "ICD-10", "10"))
        return {"condition": words or _field(first, 4) or code, "condition_code": code if is_icd10 else ""}
    if "PV2" in segments:
        reason = segments["PV2"][0]
        return {"condition": _field(reason, 3, 2) or _field(reason, 3, 1), "condition_code": ""}
    return {}


def _vitals(observations: list[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for segment in observations:
        column = VITALS_BY_LOINC.get(_field(segment, 3))
        if column and column not in found:
            found[column] = in_our_unit(column, _field(segment, 5), _field(segment, 6))
    return found


def _outcome(visit: Any, person: Any, trigger: str) -> str:
    if trigger != "A03":
        return ""
    if _field(person, 30) == "Y":
        return "deceased"
    disposition = _field(visit, 36)
    if disposition:
        return _DISPOSITIONS.get(disposition.zfill(2), "discharged")
    return "admitted" if _field(visit, 2) in _INPATIENT else "discharged"


def moment(stamp: str, zone: str = "+0000") -> str:
    """Return an HL7 time stamp as ISO 8601 in UTC; what is none stays as it is, for the suite to judge.

    Parameters
    ----------
    stamp : str
        `YYYYMMDD[HHMM[SS[.S…]]][±ZZZZ]`.
    zone : str
        Offset where the stamp has none: that of the message's own time (HL7 2.5.1, 2.A.22).
    """
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return stamp
    year, month, day, hour, minute, second, offset = found.groups()
    told = offset or zone
    shift = timedelta(hours=int(told[:3]), minutes=int(told[0] + told[3:]))
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=timezone(shift)
        )
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return stamp


def _age(born: str, registered: str) -> str:
    birth, visit = _STAMP.match(born), re.match(r"(\d{4})-(\d{2})-(\d{2})", registered)
    if birth is None or visit is None:
        return ""
    (by, bm, bd), (vy, vm, vd) = ([int(part) for part in found.groups()[:3]] for found in (birth, visit))
    return str(vy - by - ((vm, vd) < (bm, bd)))
