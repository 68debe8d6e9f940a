"""The engine's own tables: small, indexed for what is open, the same on SQLite and PostgreSQL."""

from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    cast,
    extract,
    func,
    select,
)
from sqlalchemy import text as sql
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
    Column("executor", Text),  # who runs it
    Column("heartbeat_ms", BigInteger),  # when it was started, by the world's clock
    Column("epoch", BigInteger, nullable=False, server_default=sql("0")),  # counts changes of hands
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
    # Of a sleep, where several workers serve: whether its run does more than wait.
    Column("busy", Integer, nullable=False, server_default=sql("0")),
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

# The workers on one database. All instants are the database's own: one clock for all of them.
executor = Table(
    "executor",
    metadata,
    Column("executor", Text, primary_key=True),
    Column("life", BigInteger, nullable=False),  # counts starts under this name
    Column("state", Text, nullable=False),  # running, draining or stopped
    Column("started_ms", BigInteger, nullable=False),
    Column("beat_ms", BigInteger, nullable=False),
)

# One bucket of permits for each target whose calls are limited, shared by all workers.
rate_limit = Table(
    "rate_limit",
    metadata,
    Column("target", Text, primary_key=True),
    Column("per_second", Integer, nullable=False),
    Column("burst", Integer, nullable=False),
    Column("tokens_e3", BigInteger, nullable=False),  # thousandths of a permit
    Column("refilled_ms", BigInteger, nullable=False),
    Column("not_before_ms", BigInteger, nullable=False),  # the target asked for a pause until then
)

SETUP_LOCK = 0x52454845  # of PostgreSQL's advisory locks, ours; any number that nobody else takes


def set_up_alone(connection: Connection) -> None:
    """Let nobody else change tables until this transaction ends; SQLite's writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SETUP_LOCK)))


def create_engine_tables(connection: Connection) -> None:
    """Create what is missing of the engine's tables; existing ones are left as they are."""
    set_up_alone(connection)
    metadata.create_all(connection, checkfirst=True)


def database_ms(connection: Connection) -> ColumnElement[int]:
    """The database's own present, the same for all who ask it."""
    if connection.dialect.name == "sqlite":
        return cast((func.julianday("now") - 2440587.5) * 86_400_000, BigInteger)
    return cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)


def upsert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of the connection's dialect that knows ON CONFLICT."""
    return _upsert(connection.dialect.name, table)


@cache
def _upsert(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
