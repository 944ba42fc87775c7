"""The pipeline's connection to the application's database.

Belongs here: one small pool a process. Does not belong here: queries (each asset's module holds its own).
"""

import dagster as dg
from pydantic import Field, PrivateAttr
from sqlalchemy import Engine

from core.db.engine import sync_engine


class Database(dg.ConfigurableResource):
    """The database of the application and of published results."""

    dsn: str = Field(description="postgresql+psycopg2:// address")
    _engine: Engine | None = PrivateAttr(default=None)

    @property
    def engine(self) -> Engine:
        """The engine, made at first use and kept for the life of the process."""
        if self._engine is None:
            self._engine = sync_engine(self.dsn)
        return self._engine
