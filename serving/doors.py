"""May this person pass to Dagster or MLflow: what the proxy asks before it opens their doors (nginx `auth_request`).

Belongs here: one route a door, each with its permission. Does not belong here: the doors (`docker/proxy`).
"""

from fastapi import APIRouter, Depends

from app_api.identity.access import need

router = APIRouter(prefix="/api/auth/allow", tags=["auth"])


@router.get("/dagster", status_code=204, dependencies=[Depends(need("dagster.run"))])
async def allow_dagster() -> None:
    """Say that the person may start and change runs."""


@router.get("/dagster-view", status_code=204, dependencies=[Depends(need("dagster.view"))])
async def allow_dagster_view() -> None:
    """Say that the person may look at the pipeline."""


@router.get("/mlflow", status_code=204, dependencies=[Depends(need("mlflow.view"))])
async def allow_mlflow() -> None:
    """Say that the person may look at models and their metrics."""
