"""FHIR R4: every Encounter becomes one registration, with its patient, conditions and vital signs.

Belongs here: which element becomes which column. Does not belong here: finding and checking resources
(`fhir_resources`).

Two passes: the first gathers what Encounters refer to, kept as small tuples; the second yields the Encounters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from assets.intake.chunks import Broken, Chunk
from assets.intake.fhir_resources import Found, read_resources
from assets.intake.source_file import SourceFile
from assets.intake.vital_signs import VITALS_BY_LOINC, in_our_unit
from core.vocabulary import REGISTRATION_COLUMNS

_ROWS_PER_CHUNK = 50_000
_INPATIENT = {"IMP", "ACUTE", "NONAC", "OBSENC"}
_DISPOSITIONS = {"exp": "deceased", "aadvice": "left"}
_STAYING = {"hosp", "psy", "rehab", "long", "snf", "hosp-trans"}


@dataclass(frozen=True)
class _Diagnosis:
    label: str
    icd10: str
    onset: str
    abated: str
    encounter: str
    is_disorder: bool


@dataclass
class _Context:
    """What Encounters refer to, by the last part of a reference."""

    patients: dict[str, dict[str, str]] = field(default_factory=dict)
    diagnoses: dict[str, list[_Diagnosis]] = field(default_factory=dict)
    vitals: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def resolve(self, reference: Any) -> str:
        """Return the id that `{"reference": …}` points to: `Patient/1`, an absolute address or `urn:uuid:…`."""
        text = reference.get("reference", "") if isinstance(reference, dict) else ""
        last = text.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        return self.aliases.get(text, last)


def read_fhir(sources: Sequence[SourceFile]) -> Iterator[Chunk]:
    """Yield one row for each Encounter of some files, in `REGISTRATION_COLUMNS`.

    Parameters
    ----------
    sources : sequence of SourceFile
        Bundles or newline-delimited resources; they may refer to each other.

    Yields
    ------
    Chunk
        A resource that FHIR R4 does not allow is broken; the others go on.
    """
    context = _Context()
    broken: list[Broken] = []
    several = len(sources) > 1
    for source in sources:
        for found in read_resources(source, kinds=frozenset({"Patient", "Condition", "Observation"})):
            if isinstance(found, Broken):
                broken.append(_named(found, source, several=several))
            else:
                _gather(found, context)
    rows: list[dict[str, str]] = []
    records: list[str] = []
    for source in sources:
        for found in read_resources(source, kinds=frozenset({"Encounter"})):
            if isinstance(found, Broken):
                # A line that is no JSON was told in the first pass already.
                if found.fault.startswith("Encounter"):
                    broken.append(_named(found, source, several=several))
                continue
            rows.append(_registration(found.content, context))
            records.append(f"{source.name}, {found.record}" if several else found.record)
            if len(rows) >= _ROWS_PER_CHUNK:
                yield _chunk(rows, records, broken)
                rows, records, broken = [], [], []
    yield _chunk(rows, records, broken)


def _named(broken: Broken, source: SourceFile, *, several: bool) -> Broken:
    return Broken(f"{source.name}, {broken.record}", broken.fault, broken.digest) if several else broken


def _chunk(rows: list[dict[str, str]], records: list[str], broken: list[Broken]) -> Chunk:
    return Chunk(pd.DataFrame(rows, columns=list(REGISTRATION_COLUMNS)).astype("str"), records, tuple(broken))


def _gather(found: Found, context: _Context) -> None:
    content = found.content
    kind, identity = content["resourceType"], content["id"]
    if found.full_url:
        context.aliases[found.full_url] = identity
    if kind == "Patient":
        context.patients[identity] = {
            "born": content.get("birthDate", ""),
            "gender": content.get("gender", ""),
            "died": content.get("deceasedDateTime", ""),
        }
    elif kind == "Condition":
        status = _codes(content.get("verificationStatus"))
        if not {"entered-in-error", "refuted"} & set(status):
            context.diagnoses.setdefault(context.resolve(content["subject"]), []).append(_diagnosis(content, context))
    elif content.get("status") not in ("entered-in-error", "cancelled"):
        _gather_vitals(content, context)


def _diagnosis(content: dict[str, Any], context: _Context) -> _Diagnosis:
    label, icd10 = _label(content.get("code"))
    return _Diagnosis(
        label,
        icd10,
        content.get("onsetDateTime") or content.get("recordedDate", ""),
        content.get("abatementDateTime", ""),
        context.resolve(content.get("encounter")),
        # SNOMED CT tells disorders from findings ("Full-time employment (finding)") by the tag of the name.
        "(finding)" not in label and "(situation)" not in label,
    )


def _gather_vitals(content: dict[str, Any], context: _Context) -> None:
    encounter = context.resolve(content.get("encounter"))
    if not encounter:
        return
    at = content.get("effectiveDateTime", "")
    known = context.vitals.setdefault(encounter, {})
    for part in (content, *content.get("component", [])):
        quantity = part.get("valueQuantity") or {}
        for code in _codes(part.get("code")):
            name = VITALS_BY_LOINC.get(code)
            # The first measurement of a visit is the one of its registration.
            if name and "value" in quantity and (name not in known or at < known[name][0]):
                unit = quantity.get("code") or quantity.get("unit", "")
                known[name] = (at, in_our_unit(name, str(quantity["value"]), unit))


def _codes(concept: Any) -> list[str]:
    codings = concept.get("coding", []) if isinstance(concept, dict) else []
    return [str(coding["code"]) for coding in codings if "code" in coding]


def _label(concept: Any) -> tuple[str, str]:
    """Return the words of a concept and its ICD-10 code, each empty when there is none."""
    if not isinstance(concept, dict):
        return "", ""
    codings = concept.get("coding", [])
    icd10 = next((str(c.get("code", "")) for c in codings if "icd-10" in str(c.get("system", "")).lower()), "")
    words = next((str(c["display"]) for c in codings if c.get("display")), "") or str(concept.get("text", ""))
    return words, icd10


def _registration(content: dict[str, Any], context: _Context) -> dict[str, str]:
    identity, patient_id = content["id"], context.resolve(content.get("subject"))
    patient = context.patients.get(patient_id, {})
    period = content.get("period") or {}
    start, end = period.get("start", ""), period.get("end", "")
    mine, others = _split(context.diagnoses.get(patient_id, []), identity, start)
    label, icd10 = (mine[0].label, mine[0].icd10) if mine else _reason(content)
    outcome, outcome_at = _outcome(content, patient.get("died", ""), end)
    return {
        "registration_id": identity,
        "patient_id": patient_id,
        "facility": _facility(content),
        "registered_at": start,
        "recorded_at": _recorded(content, start),
        "age_years": _age(patient.get("born", ""), start),
        "sex": patient.get("gender", ""),
        "condition": label,
        "condition_code": icd10,
        "comorbidity_count": str(len({other.label for other in others})) if patient else "",
        **{name: value for name, (_, value) in context.vitals.get(identity, {}).items()},
        "outcome": outcome,
        "outcome_at": outcome_at,
    }


def _split(diagnoses: list[_Diagnosis], encounter: str, start: str) -> tuple[list[_Diagnosis], list[_Diagnosis]]:
    """Part a patient's diagnoses into those of this visit and disorders that were there before it and had not ended."""
    mine = sorted((d for d in diagnoses if d.encounter == encounter and d.label), key=lambda d: not d.is_disorder)
    before = [
        d
        for d in diagnoses
        if d.is_disorder
        and d.encounter != encounter
        and d.onset
        and d.onset < start
        and (not d.abated or d.abated > start)
    ]
    return mine, before


def _reason(content: dict[str, Any]) -> tuple[str, str]:
    """Without a diagnosis, what the visit was for: its reason, else its type ("Well child visit")."""
    for concept in (*content.get("reasonCode", []), *content.get("type", [])):
        label, icd10 = _label(concept)
        if label:
            return label, icd10
    return "", ""


def _facility(content: dict[str, Any]) -> str:
    provider = content.get("serviceProvider") or {}
    if provider.get("display"):
        return str(provider["display"])
    locations = [item.get("location") or {} for item in content.get("location", [])]
    named = next((str(location["display"]) for location in locations if location.get("display")), "")
    return named or str(provider.get("reference", "")).rsplit("/", 1)[-1].rsplit("|", 1)[-1]


def _recorded(content: dict[str, Any], start: str) -> str:
    updated = (content.get("meta") or {}).get("lastUpdated", "")
    try:
        return updated if updated and pd.Timestamp(updated) >= pd.Timestamp(start) else ""
    except (ValueError, TypeError):
        return ""


def _age(born: str, start: str) -> str:
    """Whole years from a date of birth, which FHIR lets be a year or a month, to the visit."""
    try:
        birth, visit = pd.Timestamp(born), pd.Timestamp(start)
    except ValueError:
        return ""
    if pd.isna(birth) or pd.isna(visit):
        return ""
    years = visit.year - birth.year - ((visit.month, visit.day) < (birth.month, birth.day))
    return str(years)


def _outcome(content: dict[str, Any], died: str, end: str) -> tuple[str, str]:
    if content["status"] != "finished" or not end:
        return "", ""
    disposition = _codes((content.get("hospitalization") or {}).get("dischargeDisposition"))
    told = next((_DISPOSITIONS[code] for code in disposition if code in _DISPOSITIONS), "")
    if told:
        return told, end
    if died and died[:10] == end[:10]:
        return "deceased", end
    if content["class"].get("code") in _INPATIENT or _STAYING & set(disposition):
        return "admitted", end
    return "discharged", end
