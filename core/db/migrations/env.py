"""Alembic's environment: it works on the connection that `core.db.migrate` hands over, and on nothing else."""

from alembic import context

from core.db.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
