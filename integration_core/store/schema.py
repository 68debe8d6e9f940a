"""All tables of the store, and the few statements whose spelling differs between databases."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from integration_core.store import bulk

T = TypeVar("T", str, int)
metadata = MetaData()
_Sequence = BigInteger().with_variant(Integer, "sqlite")

record = Table(
    "record",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("entity", String(32), nullable=False),
    Column("native_id", String(128), nullable=False),
    Column("recorded_at_ms", BigInteger, nullable=False),
    Column("content", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),  # of the canonical model, as the payload was written
    Column("current", Boolean, nullable=False),
    Index("record_current", "entity", "native_id", "current"),
)
watermark = Table(
    "watermark",
    metadata,
    Column("source", String(32), primary_key=True),
    Column("stream", String(32), primary_key=True),
    Column("complete_to_ms", BigInteger, nullable=False),
)
message_count = Table(
    "message_count",
    metadata,
    Column("outcome", String(32), primary_key=True),
    Column("n", BigInteger, nullable=False),
)
unreadable = Table(
    "unreadable",
    metadata,
    Column("entity", String(32), primary_key=True),
    Column("native_id", String(128), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("resolved", Boolean, nullable=False),
)
delivery = Table(
    "delivery",
    metadata,
    Column("source", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("received_ms", BigInteger, nullable=False),
)
crosswalk = Table(
    "crosswalk",
    metadata,
    Column("system", String(32), primary_key=True),
    Column("entity", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("native_id", String(128), nullable=False),
    UniqueConstraint("system", "entity", "native_id"),
)
provisioned = Table(
    "provisioned",
    metadata,
    Column("contract_native_id", String(128), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)
task = Table(
    "task",
    metadata,
    Column("native_id", String(128), primary_key=True),
    Column("key", String(200), nullable=False),
    Column("contract_native_id", String(128), nullable=False),
    Column("contract_line_native_id", String(128), nullable=False),
    Column("billable", Boolean, nullable=False),
    Column("progress", Boolean, nullable=False),
)
card = Table(
    "card",
    metadata,
    Column("native_id", String(128), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("recorded_at_ms", BigInteger, nullable=False),
    Column("content", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("stage", String(16), nullable=False),  # noted | parked | entered
    Column("chain", String(128), nullable=False),
    Column("ver", Integer, nullable=False),
    Column("replaced", Boolean, nullable=False),
    Column("submitted_ms", BigInteger),
    Column("decided_ms", BigInteger),  # when it was approved or sent back; none while it waits
    Index("card_stage", "stage", "recorded_at_ms", "native_id"),
)
entry = Table(
    "entry",
    metadata,
    Column("source_id", String(128), primary_key=True),
    Column("card_native_id", String(128), nullable=False),
    Column("bk", String(160), nullable=False),
    Column("ver", Integer, nullable=False),
    Column("employee_no", String(64), nullable=False),
    Column("assignment_native_id", String(128), nullable=False),
    Column("task_native_id", String(128), nullable=False),
    Column("contract_line_native_id", String(128), nullable=False),
    Column("task_billable", Boolean, nullable=False),
    Column("work_date", String(10), nullable=False),
    Column("hours", String(16), nullable=False),
    Column("time_type", String(16), nullable=False),
    Column("billable", Boolean, nullable=False),
    Column("a_ms", BigInteger, nullable=False),
    Column("valid_ms", BigInteger, nullable=False),  # v(e): later than a(e) where it was blocked first
    Column("state", String(16), nullable=False),  # new rated covered non_billable blocked same deleted
    Column("event_source_id", String(128), nullable=False),  # the version whose event stands for this one
    Column("memo", Text, nullable=False),
    Column("problem", String(48), nullable=False),  # the code that blocks it
    Column("look", BigInteger, nullable=False),  # of person, task, day, hours and note
    Index("entry_state", "state", "source_id"),
    Index("entry_version", "bk", "ver"),
    Index("entry_card", "card_native_id"),
    Index("entry_look", "look"),
    Index("entry_line", "contract_line_native_id"),
    Index("entry_day", "work_date"),
)
piece = Table(
    "piece",
    metadata,
    Column("event_bk", String(200), primary_key=True),
    Column("source_id", String(128), nullable=False),
    Column("entry_bk", String(160), nullable=False),
    Column("ver", Integer, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("piece", Integer, nullable=False),
    Column("contract_native_id", String(128), nullable=False),
    Column("contract_line_native_id", String(128), nullable=False),
    Column("method", String(8), nullable=False),
    Column("service_date", String(10), nullable=False),
    Column("hours", String(16), nullable=False),
    Column("hourly", String(80), nullable=False),
    Column("amount", String(40), nullable=False),
    Column("commit_ms", BigInteger, nullable=False),
    Column("superseded_ms", BigInteger),
    Column("cost_centre", String(64), nullable=False),
    Column("memo", Text, nullable=False),
    Column("rate_source", String(200), nullable=False),
    Column("state", String(16), nullable=False),  # COMMITTED LOCKED INVOICED CREDITED CANCELLED
    Column("run", String(64), nullable=False),
    Column("document", String(128), nullable=False),
    Column("credit_document", String(160), nullable=False),
    Index("piece_state", "state", "commit_ms"),
    Index("piece_entry", "entry_bk", "ver"),
    Index("piece_source", "source_id"),
    Index("piece_document", "document"),
    Index("piece_credit", "credit_document"),
)
billing_run = Table(
    "billing_run",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("finished_ms", BigInteger, nullable=False),
)
document = Table(
    "document",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("kind", String(8), nullable=False),  # invoice | credit
    Column("acct_date", String(10), nullable=False),  # "" while it is held
    Column("run", String(64), nullable=False),
    Column("entity_code", String(16), nullable=False),
    Column("invoice_date", String(10), nullable=False),
    Column("state", String(16), nullable=False),  # HELD READY
    Column("contracts", Text, nullable=False),
    Column("hold_code", String(64), nullable=False),
    Column("hold_key", String(128), nullable=False),
    Column("native_id", String(128), nullable=False),
    Column("number", String(64)),
    Column("status", String(32)),
    Column("net", String(40), nullable=False),
    Column("gross", String(40), nullable=False),
    Column("open_amount", String(40), nullable=False),
    Column("recorded_at_ms", BigInteger, nullable=False),
)
journal = Table(
    "journal",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("entity_code", String(16), nullable=False),
    Column("period", String(7), nullable=False),  # of its accounting date
    Column("closes", String(7), nullable=False),  # the period whose close made it, "" where none did
    Index("journal_period", "entity_code", "period"),
)
close_run = Table(
    "close_run",
    metadata,
    Column("entity_code", String(16), primary_key=True),
    Column("period", String(7), primary_key=True),
    Column("state", String(16), nullable=False),  # POSTED CLOSED
    Column("at_ms", BigInteger, nullable=False),
)
recognised = Table(
    "recognised",
    metadata,
    Column("contract_line_native_id", String(128), primary_key=True),
    Column("period", String(7), primary_key=True),
    Column("earned", String(40), nullable=False),  # cumulative
)
outbox = Table(
    "outbox",
    metadata,
    Column("lane", String(48), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("revision", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("sent_revision", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # pending sent refused
    Column("attempts", Integer, nullable=False),
    Column("not_before_ms", BigInteger, nullable=False),
    Column("wanted_ms", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Index("outbox_pending", "lane", "state", "not_before_ms"),
)
case = Table(
    "exception_case",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("code", String(48), nullable=False),
    Column("entity_bk", String(200), nullable=False),
    Column("severity", String(1), nullable=False),
    Column("owner", String(48), nullable=False),
    Column("text", Text, nullable=False),
    Column("opened_at_ms", BigInteger, nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),
    Column("resolved_at_ms", BigInteger),
    Column("process", String(48), nullable=False),
    Column("key", String(200), nullable=False),
    Index("case_entity", "entity_bk", "code"),
)
Index(
    "case_open",
    case.c.code,
    case.c.entity_bk,
    unique=True,  # two that find the same trouble at once open one case
    sqlite_where=case.c.resolved_at_ms.is_(None),
    postgresql_where=case.c.resolved_at_ms.is_(None),
)
# What the mirrors have to look at again: documents that moved, cards that carry on billed time, contracts.
mirror_due = Table(
    "mirror_due",
    metadata,
    Column("kind", String(16), primary_key=True),  # document | card | contract
    Column("key", String(200), primary_key=True),
)
# The net of each document by contract, kept when its pieces are bound to it.
share = Table(
    "document_share",
    metadata,
    Column("document", String(160), primary_key=True),
    Column("contract_native_id", String(128), primary_key=True),
    Column("net", String(40), nullable=False),
    Index("share_contract", "contract_native_id"),
)
# Until when a process waits: later polls choose their own time by what is waited for.
wait = Table(
    "wait",
    metadata,
    Column("process", String(48), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
)


def create_tables(connection: Connection) -> None:
    """Make what is missing."""
    metadata.create_all(connection)


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, update: Sequence[str]
) -> None:
    """Insert rows, or update the named columns of those whose primary key is there already."""
    bulk.upsert_rows(connection, table, rows, update=update)


def raise_only(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], column: str) -> None:
    """Insert rows, or raise one column of those that are there; a smaller value changes nothing."""
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    higher = statement.excluded[column]
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[key.name for key in table.primary_key],
            set_={column: higher},
            where=table.c[column] < higher,
        ),
        list(rows),
    )


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert one row unless its primary key is there; True when it is new."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values(**row).on_conflict_do_nothing(index_elements=keys)
    # Not by row count: PostgreSQL's driver has none of an INSERT that may do nothing.
    return connection.execute(statement.returning(table.c[keys[0]])).first() is not None


def chunks(values: Iterable[T], size: int) -> Iterable[list[T]]:
    """Distinct values in order, so many at a time: no statement has too many of them."""
    ordered = sorted(set(values))
    return (ordered[at : at + size] for at in range(0, len(ordered), size))


def serialise(connection: Connection, name: str) -> None:
    """Let transactions of one name follow one another, so that sequence numbers commit in order.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))
