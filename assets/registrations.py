"""From registrations as received to validated rows, with the bad ones parked: the first two layers of the pipeline.

Belongs here: raw_registrations, validated_registrations, quarantined_registrations. Does not belong here: the rules
(`expectations`), files and formats (`assets.intake`).
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd
from pydantic import Field

from assets.partitions import DECIDED, MONTHS, REPLAY, SINGLE_RUN, Months, made_from
from assets.publishing import Publisher
from assets.sources import Sources
from core import sealing
from expectations.decisions import WAIVED, Waivers

OWNERS = ["team:data-stewards"]


class Pseudonyms(dg.ConfigurableResource):
    """Past raw a patient has a pseudonym only; the key never leaves this resource."""

    key: str = Field(description="Secret key of the pseudonyms")

    def replace(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with `patient_id` replaced by its pseudonym."""
        table = sealing.pseudonyms(rows["patient_id"].unique(), key=self.key)
        return rows.assign(patient_id=rows["patient_id"].map(table).astype("str"))

    def of(self, identifiers: pd.Series) -> pd.Series:
        """Return the pseudonym of each identifier."""
        return identifiers.map(sealing.pseudonyms(identifiers.unique(), key=self.key))


@dg.asset(
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    group_name="raw",
    owners=OWNERS,
    code_version="1",
    kinds={"postgres", "parquet"},
    description="Registrations as received, from the application's table and the inbox: text, source and content hash.",
)
def raw_registrations(context: dg.AssetExecutionContext, sources: Sources) -> dg.MaterializeResult[Months]:
    months = {month: sources.read_month(month) for month in context.partition_keys}
    origins = pd.concat([frame["source"] for frame in months.values()]).value_counts().to_dict()
    return dg.MaterializeResult(
        value=months,
        metadata={"rows_by_source": origins, "first_month": min(months), "last_month": max(months)},
    )


@dg.multi_asset(
    outs={
        "validated_registrations": dg.AssetOut(
            group_name="validated",
            owners=OWNERS,
            code_version="1",
            kinds={"great_expectations", "parquet"},
            description="Typed, deduplicated, pseudonymous registrations that broke no critical rule.",
        ),
        "quarantined_registrations": dg.AssetOut(
            group_name="validated",
            owners=OWNERS,
            code_version="1",
            kinds={"great_expectations", "parquet"},
            description="Rows that may not go on, each with the codes of the rules it broke, for a steward to mend.",
        ),
    },
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
)
def parted_registrations(
    context: dg.AssetExecutionContext,
    raw_registrations: Months,
    pseudonyms: Pseudonyms,
    publisher: Publisher,
    sources: Sources,
) -> Iterator[dg.MaterializeResult]:
    # Great Expectations takes seconds to import: only a run that validates pays for it.
    from expectations import part_months

    good: Months = {}
    bad: Months = {}
    decided = {
        month: sources.ledger.decisions(month, up_to=rows.attrs.get(DECIDED) or 0)
        for month, rows in raw_registrations.items()
    }
    moved = {month: rows for month in raw_registrations if len(rows := sources.read_elsewhere(month))}
    parts = part_months(
        raw_registrations, decisions={month: one.honoured for month, one in decided.items()}, elsewhere=moved
    )
    for month, parted in parts.items():
        raw = raw_registrations[month]
        good[month] = with_waivers(made_from(pseudonyms.replace(parted.validated), raw), decided[month].honoured.waived)
        bad[month] = made_from(parted.quarantined, raw)
        validation = publisher.validation_run(parted.report, month=month, run_id=context.run.run_id)
        report = {"validation_report": dg.MetadataValue.url(publisher.report_url(validation))}
        for layer in ("validated_registrations", "quarantined_registrations"):
            context.add_asset_metadata(report, layer, month)
        publisher.quarantine(parted.quarantined, month=month, run_id=context.run.run_id, reopened=decided[month].lapsed)
        publisher.month_count(
            parted,
            month=month,
            raw_count=len(raw),
            waived=good[month].attrs.get(WAIVED, {}),
            replay_seq=raw.attrs.get(REPLAY) or 0,
            decision_seq=raw.attrs.get(DECIDED) or 0,
            run_id=context.run.run_id,
        )
    reasons = pd.concat([frame["reasons"].explode() for frame in bad.values()]).value_counts().to_dict()
    accepted, parked = (sum(len(frame) for frame in months.values()) for months in (good, bad))
    yield dg.MaterializeResult(
        asset_key="validated_registrations",
        value=good,
        metadata={"accepted_rows": accepted, "quarantined_rows": parked, **span(good)},
    )
    yield dg.MaterializeResult(
        asset_key="quarantined_registrations",
        value=bad,
        metadata={"quarantined_rows": parked, "reasons": reasons},
    )


def with_waivers(rows: pd.DataFrame, waived: Waivers) -> pd.DataFrame:
    """Return the rows with the waivers that they need in the file's footer, for the checks further down."""
    here = set(rows["content_hash"]) & set(waived)
    if here:
        rows.attrs[WAIVED] = {content: sorted(waived[content]) for content in sorted(here)}
    return rows


def span(months: Months) -> dict[str, str]:
    """Return the first and last moment of registration as metadata; nothing when no month has a row."""
    filled = [frame["registered_at"] for frame in months.values() if len(frame)]
    if not filled:
        return {}
    together = pd.concat(filled)
    return {"first": str(together.min()), "last": str(together.max())}
