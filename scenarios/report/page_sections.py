"""The parts of the page around the judgement: verdict, firm, ledger, faults, cases, traffic, replay."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.oracle.book import Book, CaseRow
from scenarios.report.chronicle import Chronicle
from scenarios.report.figures import share_bar
from scenarios.report.markup import (
    duration,
    element,
    moment,
    money,
    number,
    plural,
    section,
    sentence,
    table,
    text,
    tiles,
)
from scenarios.report.page_checks import ICONS, badge

SAID = {
    "pass": "Every required check compared something, and nothing differs.",
    "fail": "The systems do not hold what they must.",
    "unknown": "No difference was found, but something required could not be judged.",
}
CASES_SHOWN = 200
# One person may be the only one of an entity: what pay adds up to stays off the page.
PAY_ACCOUNTS = frozenset({"5000", "5100", "5190", "2150"})


def verdict(result: Mapping[str, Any], chronicle: Chronicle) -> str:
    """The verdict as sign, word and sentence, and what was run."""
    status = result["verdict"]
    word = element(
        "p", element("span", ICONS[status], aria_hidden="true"), " ", status.upper(), class_="word"
    )
    failed = sum(check["status"] == "fail" for check in result["checks"])
    said = SAID[status] + (f" {plural(failed, 'check')} failed." if failed else "")
    stuck = element("p", text(result["stuck"]), class_="stuck") if result["stuck"] else ""
    facts = (
        ("scenario", result["scenario"]),
        ("seed", str(result["seed"])),
        ("subject", result["subject"]),
        ("mode", result["mode"]),
        ("fault plan", result["faults"]["plan"]),
    )
    return element(
        "header",
        element("p", "Dress Rehearsal", class_="quiet"),
        element("h1", text(chronicle.title or result["scenario"])),
        element("div", word, element("p", text(said)), stuck, class_=f"verdict {status}", id="verdict"),
        tiles(facts),
    )


def firm(result: Mapping[str, Any]) -> str:
    """The synthetic firm and what its ledger holds at the end."""
    counts = [(_words(name), _figure(value)) for name, value in result["firm"].items()]
    ledger = [
        (_words(name), _figure(value)) for name, value in result["ledger"].items() if isinstance(value, int)
    ]
    for name, value in result["ledger"].items():
        if name != "trial_balance" and isinstance(value, Mapping):
            ledger += [(f"{_words(name)} {ccy}", money(str(amount))) for ccy, amount in value.items()]
    return section(
        "firm",
        "The firm and its ledger",
        tiles(counts) or sentence("Nothing is known of the firm."),
        element("h3", "In the ledger"),
        tiles(ledger),
        _trial_balance(result["ledger"].get("trial_balance", {})),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _figure(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_figure(part)}" for name, part in value.items()) or "none"
    return number(value) if isinstance(value, int) else str(value)


def _trial_balance(balances: Mapping[str, str]) -> str:
    rows = []
    for place, amount in balances.items():
        entity, account, ccy = (*place.split(" "), "", "")[:3]
        if account not in PAY_ACCOUNTS:
            rows.append((text(entity), text(account), text(ccy), text(money(amount))))
    if not rows:
        return sentence("No journal is posted, so there is no balance to show.")
    shown = table(("entity", "account", "currency", "balance"), rows, right=("balance",))
    note = sentence("Debit is positive. Accounts of pay are left out here.")
    return element("details", element("summary", "Trial balance"), note, shown)


# --- faults and cases ---------------------------------------------------------------------------


def faults(result: Mapping[str, Any], chronicle: Chronicle) -> str:
    """Every planned fault, and how often it struck."""
    told = result["faults"]
    if not chronicle.plan.faults and not chronicle.plan.crashes:
        return section("faults", "Faults", sentence(f"Nothing was made to fail: the plan is {told['plan']}."))
    columns = ("system", "kind", "fault", "in force", "struck")
    rows = _planned(chronicle)
    waited = told["facts_that_waited"]
    said = (
        f"{plural(len(rows), 'fault')} planned, {number(told['injected'])} strikes; "
        f"{plural(waited, 'fact')} had to wait for the subject."
    )
    return section("faults", "Faults", sentence(said), table(columns, rows, right=("struck",)))


def _planned(chronicle: Chronicle) -> list[tuple[str, ...]]:
    struck = chronicle.struck_in_all
    rows: list[tuple[str, ...]] = [
        (
            text(planned.role),
            text(_words(planned.fault.kind)),
            element("code", text(planned.fault.id)),
            text(_window(planned.from_hours, planned.until_hours)),
            number(struck.get(planned.fault.id, 0)),
        )
        for planned in sorted(
            chronicle.plan.faults, key=lambda p: (-struck.get(p.fault.id, 0), p.role, p.fault.id)
        )
    ]
    rows += [
        (
            "subject",
            "crash",
            element("code", text(crash.id)),
            text(f"at hour {crash.from_hours:,.0f}"),
            number(struck.get(crash.id, 0)),
        )
        for crash in chronicle.plan.crashes
    ]
    return rows


def _window(from_hours: float, until_hours: float | None) -> str:
    if until_hours is None:
        return f"from hour {from_hours:,.0f} until healed" if from_hours else "until healed"
    return f"hour {from_hours:,.0f} to {until_hours:,.0f}"


def cases(book: Book | None) -> str:
    """What the subject put before people, the open ones first."""
    if book is None:
        return section(
            "cases", "Cases", sentence("The subject publishes no book, so its cases are not known.")
        )
    if not book.cases:
        return section("cases", "Cases", sentence("The subject needed nobody's help: there was no case."))
    ordered = sorted(
        book.cases, key=lambda case: (case.resolved_at_ms is not None, case.opened_at_ms, case.entity_bk)
    )
    codes = Counter(case.code for case in ordered)
    still = sum(case.resolved_at_ms is None for case in ordered)
    said = f"{plural(len(ordered), 'case')}, {number(still)} still open: " + ", ".join(
        f"{code} {n:,}" for code, n in sorted(codes.items())
    )
    more = len(ordered) - CASES_SHOWN
    return section(
        "cases",
        "Cases",
        sentence(said + "."),
        table(("code", "about", "opened", "resolved", "open for"), map(_case, ordered[:CASES_SHOWN])),
        sentence(f"{number(more)} more are in the subject's book.") if more > 0 else "",
    )


def _case(case: CaseRow) -> tuple[str, ...]:
    resolved = case.resolved_at_ms
    return (
        text(case.code),
        element("code", text(case.entity_bk)),
        text(moment(case.opened_at_ms)),
        "still open" if resolved is None else text(moment(resolved)),
        "–" if resolved is None else text(duration(resolved - case.opened_at_ms)),
    )


# --- traffic and replay -------------------------------------------------------------------------


def traffic(result: Mapping[str, Any], chronicle: Chronicle) -> str:
    """Requests by system, and how long it took."""
    by_system = result["http"]["by_system"]
    most = max(by_system.values(), default=0)
    struck = defaultdict(int, dict(_struck_by_role(chronicle)))
    rows = [
        (text(role), number(n), share_bar(n, most, plural(n, "request")), number(struck[role]))
        for role, n in by_system.items()
    ]
    timing = result["timing"]
    spent = (
        ("wall time", f"{timing['wall_seconds']:,.1f} s"),
        ("processor time", f"{timing['cpu_seconds']:,.1f} s"),
        ("virtual time", f"{timing['virtual_seconds'] / 86_400:,.1f} days"),
        ("steps", number(chronicle.steps)),
    )
    return section(
        "traffic",
        "Traffic and time",
        tiles(spent),
        table(("system", "requests", "share", "faults struck"), rows, right=("requests", "faults struck"))
        if rows
        else sentence("No system was called."),
    )


def _struck_by_role(chronicle: Chronicle) -> Iterator[tuple[str, int]]:
    roles = {planned.fault.id: planned.role for planned in chronicle.plan.faults}
    roles |= {crash.id: "subject" for crash in chronicle.plan.crashes}
    counts: Counter[str] = Counter()
    for fault, n in chronicle.struck_in_all.items():
        counts[roles.get(fault, "other")] += n
    yield from sorted(counts.items())


def replay(result: Mapping[str, Any]) -> str:
    """The command that runs it again, to copy."""
    command = result["replay"] or f"rehearse run {result['scenario']} --seed {result['seed']}"
    return section(
        "replay",
        "Run it again",
        element(
            "div",
            element("pre", element("code", text(command), id="command")),
            element("button", "Copy", type="button", data_copies="command", hidden="hidden"),
            class_="command",
        ),
        sentence("The same seed and options give the same rehearsal, whatever the machine."),
    )


def footer(result: Mapping[str, Any]) -> str:
    """What lies beside the page."""
    status = badge(result["verdict"])
    return element(
        "footer",
        status,
        " ",
        text("The same result for machines is in result.json and junit.xml beside this page."),
    )
