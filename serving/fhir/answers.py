"""What every route of the facade has in common: where it is, how it is asked, how it answers.

Belongs here: media type, ETag, the parameters of a request. Does not belong here: any resource.
"""

from typing import Annotated, Any, Final

import orjson
from fastapi import Path, Request, Response
from fastapi.responses import JSONResponse

from app_api.identity.context import Context
from serving.fhir.parameters import Parameter
from serving.fhir.resources import Element
from serving.fhir.search import Search
from serving.outcomes import FHIR_JSON, PREFIX

FhirId = Annotated[str, Path(pattern=r"^[A-Za-z0-9.-]{1,64}$")]


class FhirResponse(JSONResponse):
    media_type = FHIR_JSON

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


#: Of every route.
HOW: Final[dict[str, Any]] = {"response_class": FhirResponse}


def base_of(request: Request) -> str:
    """Return the address of the facade: the installation's own name where it has one, else what the caller said."""
    public = request.app.state.settings.public_url or str(request.base_url).rstrip("/")
    return f"{public}{PREFIX}R4"


def search_of(request: Request, resource: str, known: tuple[Parameter, ...]) -> Search:
    """Return the parameters of a request; one that there is not is refused."""
    names = [one.name for one in known]
    return Search(request.query_params.multi_items(), resource=resource, known=names, base=base_of(request))


def told(resource: Element) -> Response:
    """Return a resource as the answer."""
    return FhirResponse(resource.model_dump(mode="json"))


def as_fhir(answer: Response) -> Response:
    """Return an answer of the envelope as FHIR has it: its media type, a weak ETag."""
    answer.headers["content-type"] = FHIR_JSON
    if "etag" in answer.headers:
        answer.headers["etag"] = f"W/{answer.headers['etag']}"
    return answer


def is_synthetic(context: Context) -> bool:
    """Say whether all that is told is of a synthetic hospital."""
    return context.settings.is_demo
