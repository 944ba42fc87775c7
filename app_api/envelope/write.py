"""One act in one transaction: key, change, audit, news, answer.

Belongs here: the order of these and what survives a refusal. Does not belong here: their SQL (the modules beside).
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol

import orjson
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import answers, audit, outbox, versions
from app_api.envelope.answers import Answer
from app_api.problem_docs import problems
from core.errors import MediSyncError


class Actor(Protocol):
    """Whoever acts: a principal of `app_api.identity`."""

    @property
    def user_id(self) -> uuid.UUID: ...

    @property
    def role(self) -> str: ...


class Act:
    """The transaction as the acting code sees it."""

    def __init__(self, connection: AsyncConnection, if_match: str | None, request_id: str | None) -> None:
        self.connection = connection
        #: Under which the log and the audit know the request.
        self.request_id = request_id
        #: Of the row that is answered; becomes the ETag.
        self.version: int | None = None
        self._if_match = if_match
        self._facts: dict[str, Any] = {"object_kind": "none"}
        self._news: list[tuple[str, Mapping[str, Any]]] = []

    def about(
        self,
        object_kind: str,
        *object_ids: object,
        patient_id: str | None = None,
        relation: str = "none",
        reason_code: str | None = None,
        fields: Sequence[str] = (),
    ) -> None:
        """Say what the audit event is about; call it before whatever may refuse, so that a refusal names it too."""
        self._facts = {
            "object_kind": object_kind,
            "object_ids": tuple(str(one) for one in object_ids),
            "patient_id": patient_id,
            "relation": relation,
            "reason_code": reason_code,
            "fields": tuple(fields),
        }

    def tell(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Have the screens hear of it after the commit: a topic, and ids as payload."""
        self._news.append((topic, payload))

    def check_version(self, version: int) -> None:
        """Refuse unless the request's If-Match names this version (428, 412)."""
        versions.check(self._if_match, version)

    def check_version_if_given(self, version: int) -> None:
        """Refuse only if the request names another version (412): for moves that a state guards already."""
        if self._if_match is not None:
            versions.check(self._if_match, version)


Work = Callable[[Act], Awaitable[BaseModel | None]]


class Envelope:
    """The envelope of one request."""

    def __init__(self, request: Request, key: str | None, if_match: str | None) -> None:
        self._request = request
        self._context = request.app.state.context
        self._request_id = request.scope.get("medisync.request_id")
        self._key = key
        self._if_match = if_match

    async def once(
        self, person: Actor, action: str, work: Work, *, status: int = 200, content: bytes | None = None
    ) -> Response:
        """Do `work` once per Idempotency-Key and answer it.

        Parameters
        ----------
        action : str
            Of the permission table; the audit event's action.
        content : bytes, optional
            What stands for the body when requests are compared, for uploads.

        Raises
        ------
        MediSyncError
            Whatever `work` refuses with, after the refusal is audited; KeyReusedError.
        """
        box, key, refusal = self._context.answers, self._key, None
        hash_ = b"" if key is None else await answers.fingerprint(self._request, content)
        async with self._context.engine.begin() as connection:
            act = Act(connection, self._if_match, self._request_id)
            try:
                async with connection.begin_nested():
                    if key is not None:
                        earlier = await answers.claim(connection, box, user_id=person.user_id, key=key, hash_=hash_)
                        if earlier is not None:
                            return _response(earlier, is_replay=True)
                    answer = _answer(await work(act), act, status)
                    for topic, payload in act._news:
                        await outbox.add(connection, topic, payload)
                    if key is not None:
                        await answers.keep(connection, box, answer, user_id=person.user_id, key=key)
            except MediSyncError as error:
                refusal = error
            await self._audit(act, person, action, refusal)
        if refusal is not None:
            raise refusal
        if act._news:
            self._context.outbox_nudge.set()
        return _response(answer)

    async def look(self, person: Actor, action: str, work: Work) -> Response:
        """Answer a read of what is protected; its audit event is committed before the answer goes out.

        Raises
        ------
        MediSyncError
            Whatever `work` refuses with, after the refusal is audited.
        """
        refusal = None
        async with self._context.engine.begin() as connection:
            act = Act(connection, self._if_match, self._request_id)
            try:
                async with connection.begin_nested():
                    answer = _answer(await work(act), act, 200)
            except MediSyncError as error:
                refusal = error
            await self._audit(act, person, action, refusal)
        if refusal is not None:
            raise refusal
        return _response(answer)

    async def _audit(self, act: Act, person: Actor, action: str, refusal: MediSyncError | None) -> None:
        facts = act._facts
        if refusal is not None:
            facts = facts | {"outcome": "refused", "reason_code": refusal.code}
        entry = audit.Entry(
            actor_id=person.user_id,
            actor_role=str(person.role),
            action=action,
            request_id=self._request_id,
            **facts,
        )
        await audit.append(act.connection, entry)


def _answer(result: BaseModel | None, act: Act, status: int) -> Answer:
    etag = None if act.version is None else versions.etag_of(act.version)
    if result is None:
        return Answer(204, etag, None)
    return Answer(status, etag, orjson.dumps(result.model_dump(mode="json")))


def _response(answer: Answer, *, is_replay: bool = False) -> Response:
    headers = {"cache-control": "no-store"}
    if answer.etag is not None:
        headers["etag"] = answer.etag
    if is_replay:
        headers["idempotency-replayed"] = "true"
    media_type = None if answer.body is None else "application/json"
    return Response(answer.body, status_code=answer.status, media_type=media_type, headers=headers)


async def _envelope(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(pattern=r"^[\x21-\x7e]{1,128}$", description="Same key and request: done once, answered again"),
    ] = None,
    if_match: Annotated[
        str | None, Header(max_length=200, description="ETag of the version that the change is based on")
    ] = None,
) -> Envelope:
    return Envelope(request, idempotency_key, if_match)


#: What a route declares to write through the envelope.
Write = Annotated[Envelope, Depends(_envelope)]


def problems_of_writes(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` of a write: the given errors and those of keys and versions."""
    return problems(*{409, 412, 428, *statuses})
