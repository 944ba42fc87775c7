"""FHIR R4 files as a stream of resources: Bundles and newline-delimited JSON, each resource checked on its own.

Belongs here: finding resources in a file and validating them with the R4B models. Does not belong here: what a visit is
made of (`fhir_reader`).

`fhir.resources` keeps R4B in a sub-package (its root is R5). Its messages may quote a value, so of a fault only the
place and the kind are told.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.patient import Patient
from pydantic import ValidationError

from assets.intake.chunks import Broken
from assets.intake.lines import LONGEST_LINE, detect_encoding
from assets.intake.source_file import SourceFile

MODELS: dict[str, Any] = {
    "Patient": Patient,
    "Encounter": Encounter,
    "Condition": Condition,
    "Observation": Observation,
}
#: A Bundle is one JSON document and has to be read whole; larger exports are newline-delimited.
LARGEST_BUNDLE = 512 * 1024 * 1024
#: A resource may hold an attachment, so its line may be longer than a line of CSV.
_LONGEST_RESOURCE = 16 * LONGEST_LINE


@dataclass(frozen=True)
class Found:
    """A resource of one of `MODELS`, where it stands, and the address that a Bundle gives it."""

    record: str
    content: dict[str, Any]
    full_url: str = ""


def read_resources(source: SourceFile, *, kinds: frozenset[str]) -> Iterator[Found | Broken]:
    """Yield the resources of some kinds, and whatever could not be read of them.

    Parameters
    ----------
    source : SourceFile
    kinds : frozenset of str
        Keys of `MODELS`; a line that is no JSON is yielded whatever the kinds, as nobody knows what it was.

    Raises
    ------
    InputError
        If the file is neither a Bundle nor newline-delimited resources; names file and line.
    """
    for found in _entries(source):
        if isinstance(found, Broken):
            yield found
        elif found.content.get("resourceType") in kinds:
            yield _checked(found)


def _checked(found: Found) -> Found | Broken:
    kind = found.content["resourceType"]
    try:
        MODELS[kind].model_validate(found.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(str(part) if re.fullmatch(r"\w{1,40}", str(part)) else "?" for part in first["loc"])
        return _broken(found.record, f"{kind}.{place}: {first['type']}", found.content)
    except (TypeError, ValueError, AttributeError, RecursionError):
        return _broken(found.record, f"{kind}: not a resource of FHIR R4", found.content)
    if not isinstance(found.content.get("id"), str):
        return _broken(found.record, f"{kind}.id: missing", found.content)
    return found


def _broken(record: str, fault: str, content: Any) -> Broken:
    text = content if isinstance(content, str) else json.dumps(content, sort_keys=True, default=str)
    return Broken(record, fault, hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest())


def _entries(source: SourceFile) -> Iterator[Found | Broken]:
    with source.open() as stream:
        head = stream.read(64 * 1024)
        encoding, mark = detect_encoding(head)
        if encoding not in ("utf-8", "cp1252"):
            raise source.fault(1, f"{encoding} text; FHIR is UTF-8", code="bad_encoding")
        first, newline, _ = head[mark:].lstrip().partition(b"\n")
        if newline and _is_object(first):
            yield from _ndjson(source)
            return
    yield from _bundle(source)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _ndjson(source: SourceFile) -> Iterator[Found | Broken]:
    for number, line in _long_lines(source):
        record = f"line {number}"
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            yield _broken(record, "not JSON", line.decode(errors="replace"))
            continue
        if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
            yield _broken(record, "no resourceType", line.decode(errors="replace"))
        else:
            yield Found(record, content)


def _long_lines(source: SourceFile) -> Iterator[tuple[int, bytes]]:
    number, rest = 1, b""
    with source.open() as stream:
        while block := stream.read(256 * 1024):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                if line.strip(b" \t\r\xef\xbb\xbf"):
                    yield number, line.strip(b" \t\r\xef\xbb\xbf")
                number += 1
            if len(rest) > _LONGEST_RESOURCE:
                raise source.fault(number, f"the line is longer than {_LONGEST_RESOURCE:,} bytes", code="line_too_long")
    if rest.strip():
        yield number, rest.strip()


def _bundle(source: SourceFile) -> Iterator[Found | Broken]:
    with source.open() as stream:
        payload = stream.read(LARGEST_BUNDLE + 1)
    if len(payload) > LARGEST_BUNDLE:
        place = f"byte {LARGEST_BUNDLE:,}"
        raise source.fault(place, "the Bundle is larger than 512 MiB; export it as NDJSON", code="bundle_too_large")
    try:
        document = json.loads(payload)
    except json.JSONDecodeError as error:
        raise source.fault(error.lineno, "not JSON, or cut off on the way", code="bad_json") from None
    except (UnicodeDecodeError, RecursionError):
        raise source.fault(1, "not JSON text in UTF-8", code="bad_json") from None
    if not isinstance(document, dict) or "resourceType" not in document:
        raise source.fault(1, "no FHIR resource: `resourceType` is missing", code="not_fhir")
    if document["resourceType"] != "Bundle":
        yield Found("resource 1", document)
        return
    entries = document.get("entry") or []
    if not isinstance(entries, list):
        raise source.fault(1, "the Bundle's `entry` is no list", code="not_fhir")
    for number, entry in enumerate(entries, start=1):
        record = f"entry {number}"
        content = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
            yield _broken(record, "no resource in the entry", entry)
        else:
            yield Found(record, content, str(entry.get("fullUrl", "")))
