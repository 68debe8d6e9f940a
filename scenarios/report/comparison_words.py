"""What the comparison says in words: what was measured, and what each of the others does not do."""

INTRODUCTION = """\
# Side by side

What Dress Rehearsal costs beside what one might take instead. Every figure comes from
`rehearse bench --json`, and this page from those files by `rehearse bench page`; `make comparison` does
both. A figure is the median of all rounds, with the least and the most in brackets; a ratio is taken round
by round, because the rounds of all take turns on the same machine."""

ONE_MACHINE = """\
Everything ran on one machine over the loopback: client, servers and databases share its cores. A load
average well above 0 before a benchmark means that something else was at work; then the figures by CPU time
and the ratios of one round say more than those by the clock."""

NOT_MEASURED = "Not measured: `rehearse bench {} --json FILE`, and name the file with `--from`."

GENERATION_WORDS = """\
Faker, Mimesis and Snowfakery make any kind of row in many languages; ours makes professional-services firms
and nothing else. Each of the others makes twelve fields that a time entry has, every one drawn by itself,
without a key that matches another row's. (Snowfakery could relate rows; that would only add to its work.)
Ours are the sixteen fields that are exported: of a person who is employed and not on leave that day, on an
assignment of a contract that was sold, inside its budget, handed in, rejected and corrected as people do,
the same for a seed on every machine. As columns: arrays in memory; as CSV: bytes as written to a file; as
records: the frozen objects that are played into the mocks."""

MOCKS_WORDS = """\
The same account, twenty-eight fields and about nine hundred bytes of JSON, created and read by its id. Bare
FastAPI is the least that one would write by hand: a pydantic model and a dict, on the same server and loop
as our mocks. json-server and Prism answer from a JSON file and from an OpenAPI description; Prism gets a
small one with examples, because with the mock's own it would check every answer against a union of thirteen
objects. None of them writes a log."""

SERVER_ROWS = (
    ("", "ours", "bare FastAPI", "json-server", "Prism"),
    (
        "keeps what is written",
        "every version of it, in SQLite",
        "in a dict",
        "in a file, written whole at each create",
        "no: answers the example",
    ),
    (
        "who may call",
        "tokens that are issued and expire",
        "anyone",
        "anyone",
        "whoever sends the header, where described",
    ),
    (
        "checks what is sent",
        "the vendor's fields, lengths, picklists, references",
        "types of the model",
        "nothing",
        "the described schema",
    ),
    ("errors", "the vendor's own codes and shapes", "FastAPI's", "its own", "the described ones"),
    ("queries", "SOQL, changed-since, composite", "none", "filters of its own", "answers the example"),
    ("limits", "the vendor's, counted in the world's time", "none", "none", "none"),
    ("journal of calls", "the last twenty thousand, secrets masked", "none", "none", "none"),
    (
        "breaks on demand",
        "outages, lost answers, doubled and late notifications, by seed",
        "no",
        "a fixed delay",
        "a described status, when the caller asks for it",
    ),
    ("notifications", "the vendor's, signed or acknowledged, retried", "none", "none", "described callbacks"),
    ("a clock of its own", "stepped or scaled", "no", "no", "no"),
)

CORE_WORDS = """\
A firm's time of a month is handed in and approved in one evening; then the clock stands behind the cut-off
of the billing run. Measured is the time from there until the ERP has taken the last new record; every way
has an estate of its own, the five mocks as processes over the loopback, whose own work is in it. The naive
script is the kind that teams write: it reads, prices and posts in one loop. It bills the same time entries
in the same instant; the core also bills retainers and overage, keeps why, and states its journals. The last
row is no integration at all: the price of one durable workflow for each entry, to show why ours does not
work that way."""

WAYS_ROWS = (
    ("", "naive script", "core", "a workflow an entry"),
    ("invoices in the ERP", "yes", "yes", "no: prices and keeps a row"),
    (
        "an answer lost after the ERP has committed",
        "an invoice twice",
        "finds the document by its key and goes on",
        "not reached",
    ),
    (
        "dies in the middle",
        "begins again, and may do things twice",
        "goes on from its checkpoints",
        "goes on from its steps",
    ),
    ("time corrected after it was billed", "is not credited", "credited and billed anew", "not reached"),
    ("several workers on one database", "no", "yes, on PostgreSQL", "yes, on PostgreSQL"),
    ("why a figure is what it is", "not kept", "every piece, document and source version", "not kept"),
)
