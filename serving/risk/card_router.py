"""HTTP of model cards: reading one, exporting it, signing what people state.

Belongs here: `/api/models/{version}/card` and `/api/models/statements`. Does not belong here: what a card must have
(`ml.card`), putting one together (`card`).
"""

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit, keyset_page
from core import clock
from core.vocabulary import RISK_MODEL_NAME
from ml.card import ATTRIBUTES, DRAFTS, STATED, missing_attributes, to_chai, to_xml
from serving.risk import card, card_repository, repository
from serving.risk.errors import UnknownVersionError
from serving.risk.model_schemas import CardAttribute, CardView, Signature, Signed, StatementList, StatementView

router = APIRouter(prefix="/api/models", tags=["models"])

Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
_READ = [Depends(need("model.list"))]


@router.get("/{version}/card", responses=problems(404), dependencies=_READ)
async def read_card(version: Version, context: Context) -> CardView:
    """Read the card of a version: what its run filled, and what people signed for every version."""
    async with context.engine.connect() as connection:
        release, signed = await _find(connection, version)
        names = await repository.names_of(connection, [row.signed_by for row in signed.values()])
    found = card.standing(release, signed)
    attributes: list[CardAttribute] = []
    for attribute in ATTRIBUTES:
        row = signed.get(attribute.name) if attribute.is_stated else None
        attributes.append(
            CardAttribute(
                name=attribute.name,
                title=attribute.title,
                group=attribute.group,
                is_source_attribute=attribute.is_source_attribute,
                filled_by="person" if attribute.is_stated else "run",
                text=found.card.get(attribute.name, ""),
                draft=DRAFTS.get(attribute.name) if attribute.is_stated else None,
                owner=row.owner if row else None,
                signed_by=row.signed_by if row else None,
                signed_by_name=names.get(row.signed_by, row.signed_by) if row else None,
                signed_at=row.signed_at if row else None,
                revision=row.revision if row else None,
            )
        )
    return CardView(
        model_name=RISK_MODEL_NAME,
        version=version,
        released_at=release.released_at,
        verdict=found.verdict,
        reasons=list(found.reasons),
        missing=list(found.missing),
        origin=release.origin or {},
        attributes=attributes,
    )


@router.get(
    "/{version}/card/chai",
    response_model=None,
    dependencies=_READ,
    responses={**problems(404), 200: {"content": {"application/json": {}, "application/xml": {}}}},
)
async def export_card(
    version: Version,
    context: Context,
    format: Annotated[Literal["json", "xml"], Query()] = "json",
) -> Response:
    """Export the card as CHAI's Applied Model Card, schema v0.2."""
    async with context.engine.connect() as connection:
        release, signed = await _find(connection, version)
    content = to_chai(
        card.standing(release, signed).card,
        name=RISK_MODEL_NAME,
        version=version,
        released=clock.iso(release.released_at),
        metrics=release.metrics,
    )
    is_xml = format == "xml"
    body = to_xml(content) if is_xml else orjson.dumps({"AppliedModelCard": content}, option=orjson.OPT_INDENT_2)
    name = f"{RISK_MODEL_NAME}-{version}-card.{format}"
    return Response(
        body,
        media_type="application/xml" if is_xml else "application/json",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.get("/statements", dependencies=_READ)
async def list_statements(
    context: Context,
    attribute: Annotated[str | None, Query(pattern=r"^[a-z_]{1,64}$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> StatementList:
    """List every revision of what was signed, newest first."""
    async with context.engine.connect() as connection:
        rows = await card_repository.statements(connection, attribute=attribute, before=cursor, limit=limit + 1)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.statement_id)
    items = [StatementView.model_validate(row, from_attributes=True) for row in shown]
    return StatementList(items=items, next=following)


@router.post("/statements", status_code=201, response_model=Signed, responses=problems_of_writes(404))
async def sign_statements(
    body: Signature, person: Annotated[Principal, Depends(need("model.state"))], write: Write
) -> Response:
    """Sign statements: they hold for every version, the next ones too, until somebody signs another text."""

    async def act(tx: Act) -> Signed:
        # Names of the form only: a made-up one is refused below and would not be a word of the audit.
        known = sorted(STATED.intersection(body.statements))
        tx.about("model_card", RISK_MODEL_NAME, fields=known)
        changed = await card.sign(tx.connection, body.statements, owner=body.owner, signed_by=str(person.user_id))
        tx.about("model_card", RISK_MODEL_NAME, fields=changed)
        tx.tell("models", {"changed": len(changed)})
        signed = await card_repository.newest_statements(tx.connection)
        texts = {name: row.text for name, row in signed.items()}
        return Signed(changed=changed, missing=[name for name in missing_attributes(texts) if name in STATED])

    return await write.once(person, "model.state", act, status=201)


async def _find(connection: AsyncConnection, version: int):
    release = await repository.release_header(connection, version)
    if release is None:
        raise UnknownVersionError(f"version {version} has no release")
    return release, await card_repository.newest_statements(connection)
