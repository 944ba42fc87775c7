"""Resources of the code location, bound to this installation's settings.

Belongs here: where things are and with which credentials. Does not belong here: the resources' code (`assets`).
"""

from typing import Any

from assets.database import Database
from assets.model_resources import ModelRegistry, ReleaseShelf, ReleaseSigner
from assets.notices import Notices
from assets.publishing import Publisher
from assets.registrations import Pseudonyms
from assets.reports import ReportShelf
from assets.sources import Sources
from assets.storage import Warehouse
from assets.tables import ParquetIOManager
from core.settings import Settings


def build_resources(settings: Settings) -> dict[str, Any]:
    """Return every resource by the name that assets ask for it."""
    warehouse = Warehouse(base=settings.warehouse_url or str(settings.warehouse))
    database = Database(dsn=settings.pipeline_dsn)
    signer = ReleaseSigner(seed_hex=settings.secrets["release_signing_key"])
    return {
        "io_manager": ParquetIOManager(warehouse=warehouse),
        "warehouse": warehouse,
        "database": database,
        "sources": Sources(database=database, inbox=str(settings.inbox)),
        "publisher": Publisher(
            database=database,
            redis_dsn=settings.redis_dsn,
            # Where Dagster has an address of its own, a proxy shows both under one host.
            api_address=settings.dashboard_url or ("" if settings.dagster_url else settings.api_address),
        ),
        "pseudonyms": Pseudonyms(key=settings.secrets["pseudonym_key"]),
        "registry": ModelRegistry(
            address=settings.mlflow_address,
            username="medisync-service",
            password=settings.secrets["mlflow_service_password"],
            dashboard=settings.dashboard_address,
        ),
        "notices": Notices(
            database=database, webhook_url=settings.alert_webhook_url, webhook_secret=settings.alert_webhook_secret
        ),
        "signer": signer,
        "report_shelf": ReportShelf(database=database, is_synthetic=settings.is_demo),
        "shelf": ReleaseShelf(database=database, signer=signer),
    }
