"""The engine's own tables: small, indexed for what is open, the same on SQLite and PostgreSQL."""

from functools import cache

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, MetaData, Table, Text
from sqlalchemy.dialects import postgresql, sqlite

metadata = MetaData()

# One row for each (process, key) that was ever asked for. Idle: asked == started == done.
# Waiting: asked > started == done. Running: started > done; asked > started then means "once more".
activation = Table(
    "activation",
    metadata,
    Column("process", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("asked", BigInteger, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("failed", Integer, nullable=False),  # failed attempts since the last success
    Column("executor", Text),  # who runs it; with the heartbeat, what a sweeper needs
    Column("heartbeat_ms", BigInteger),
)
# Idle rows pile up over the years; the dispatcher must never walk over them. (Without row ids
# SQLite would prefer the primary key to this index.)
Index(
    "ix_activation_open",
    activation.c.process,
    activation.c.key,
    sqlite_where=activation.c.asked > activation.c.done,
    postgresql_where=activation.c.asked > activation.c.done,
)

timer = Table(
    "timer",
    metadata,
    Column("kind", Text, primary_key=True),  # activation, sleep or retry
    Column("process", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),  # empty for an activation
    Column("name", Text, primary_key=True),
    Column("occurrence", Integer, primary_key=True),
    Column("due_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_timer_due", timer.c.due_ms)
Index("ix_timer_run", timer.c.run_id)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("occurrence", Integer, primary_key=True),
    Column("result", Text, nullable=False),
)

run_failure = Table(
    "run_failure",
    metadata,
    Column("process", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("recovered_ms", BigInteger),
)


def create_engine_tables(connection: Connection) -> None:
    """Create what is missing of the engine's tables; existing ones are left as they are."""
    metadata.create_all(connection, checkfirst=True)


def upsert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of the connection's dialect that knows ON CONFLICT."""
    return _upsert(connection.dialect.name, table)


@cache
def _upsert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
