"""The course of a run as lanes over one axis of virtual time: work, faults, backlog, cases, waits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from mocks.kit.faults import Fault
from scenarios.oracle.evidence import Evidence
from scenarios.report.chronicle import DAY_MS, HOUR_MS, Chronicle
from scenarios.report.course import RunWait, open_cases, waits
from scenarios.report.figures import Axis, Bar, Mark, bars, marks, strip, time_axis
from scenarios.report.markup import (
    day,
    duration,
    element,
    moment,
    number,
    plural,
    section,
    sentence,
    table,
    text,
)

WIDEST_LOOK_MS = 7 * HOUR_MS  # an owed amount is drawn until the next look, at most this long


def timeline(chronicle: Chronicle, evidence: Evidence) -> str:
    """The section with all lanes, and the table of waits under it."""
    axis = axis_of(chronicle)
    lanes = [
        _played(axis, chronicle),
        _daily(axis, "Notifications sent", "a day", chronicle.notified, "notification"),
        _requests(axis, chronicle),
        *_faults(axis, chronicle),
        _backlog(axis, chronicle),
        _owed(axis, chronicle),
        _cases(axis, evidence, chronicle),
        _lags(axis, evidence),
        _row("", "", time_axis(axis)),
    ]
    return section(
        "timeline",
        "Timeline",
        element("p", _legend(chronicle), class_="quiet"),
        element("div", *lanes, class_="lanes"),
        _waits(waits(evidence)),
    )


def axis_of(chronicle: Chronicle) -> Axis:
    """From the start to rest, whole days."""
    end_ms = max(chronicle.settled_ms, chronicle.end_ms, chronicle.start_ms + DAY_MS)
    end_ms += -(end_ms - chronicle.start_ms) % DAY_MS
    closes: dict[int, list[str]] = defaultdict(list)
    for close in chronicle.closes:
        if chronicle.start_ms < close.at_ms <= end_ms:
            closes[close.at_ms].append(f"{close.entity} {close.period}")
    return Axis(
        chronicle.start_ms, end_ms, tuple((at_ms, ", ".join(what)) for at_ms, what in sorted(closes.items()))
    )


def _legend(chronicle: Chronicle) -> str:
    until = f"{moment(chronicle.start_ms)} to {moment(chronicle.settled_ms)} UTC, virtual time."
    healed = (
        f" All faults were healed at {moment(chronicle.healed_ms)}."
        if chronicle.healed_ms is not None
        else ""
    )
    return text(f"{until} Solid lines are firsts of months, dashed lines are closes.{healed}")


def _row(name: str, note: str, picture: str) -> str:
    label = element("div", element("b", text(name)), " ", element("span", text(note)), class_="label")
    return element("div", label, picture, class_="row")


def _played(axis: Axis, chronicle: Chronicle) -> str:
    return _daily(axis, "Facts played", "a day", chronicle.played, "fact")


def _daily(axis: Axis, name: str, per: str, by_day: Mapping[int, int], one: str) -> str:
    spans = [_day_bar(at_ms, n, f"{day(at_ms)}: {plural(n, one)}") for at_ms, n in sorted(by_day.items())]
    most = max(by_day.values(), default=0)
    note = f"{number(sum(by_day.values()))}, at most {number(most)} {per}" if most else "none"
    return _row(name, note, bars(axis, spans, f"{name}: {note}", "bar"))


def _day_bar(at_ms: int, value: int, words: str) -> Bar:
    gap = DAY_MS // 10
    return Bar(at_ms + gap, at_ms + DAY_MS - gap, value, words)


def _requests(axis: Axis, chronicle: Chronicle) -> str:
    spans, in_all = [], 0
    for at_ms, by_role in sorted(chronicle.requests.items()):
        count = sum(by_role.values())
        in_all += count
        told = ", ".join(f"{role} {n:,}" for role, n in by_role.items())
        spans.append(_day_bar(at_ms, count, f"{day(at_ms)}: {plural(count, 'request')} ({told})"))
    most = max((bar.value for bar in spans), default=0)
    note = f"{number(in_all)}, at most {number(most)} a day" if most else "none"
    return _row("Requests", note, bars(axis, spans, f"Requests: {note}", "bar"))


# --- faults -------------------------------------------------------------------------------------


def _faults(axis: Axis, chronicle: Chronicle) -> Iterable[str]:
    """One strip a system and kind that was planned."""
    planned: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for role, faults in chronicle.plan.by_role(chronicle.start_ms).items():
        for fault in faults:
            planned[role, fault.kind].append(fault)
    crashes = chronicle.plan.crash_instants(chronicle.start_ms)
    if not planned and not crashes:
        yield _row("Faults", "none planned", strip(axis, (), (), "no faults planned"))
    for (role, kind), faults in sorted(planned.items()):
        ids = {fault.id for fault in faults}
        windows = [
            Bar(fault.from_ms, fault.until_ms, 1, f"planned: {role} {kind} from {moment(fault.from_ms)}")
            for fault in faults
            if fault.until_ms < axis.end_ms
        ]
        strikes = _strikes(chronicle, ids, role, kind)
        in_all = sum(n for fault, n in chronicle.struck_in_all.items() if fault in ids)
        name = f"{role} {kind.replace('_', ' ')}"
        note = f"struck {in_all:,}×" if in_all else "never struck"
        yield _row(name, note, strip(axis, windows, strikes, f"{name}: {note}"))
    if crashes:
        died = [Bar(at_ms, at_ms + DAY_MS // 4, 1, f"{moment(at_ms)}: {crash}") for at_ms, crash in crashes]
        note = f"planned {len(crashes):,}×"
        yield _row("subject dies", note, strip(axis, (), died, f"subject dies: {note}"))


def _strikes(chronicle: Chronicle, ids: set[str], role: str, kind: str) -> list[Bar]:
    found = []
    for at_ms, by_fault in sorted(chronicle.struck.items()):
        count = sum(n for fault, n in by_fault.items() if fault in ids)
        if count:
            found.append(_day_bar(at_ms, count, f"{day(at_ms)}: {role} {kind} struck {count:,}×"))
    return found


# --- backlog and cases --------------------------------------------------------------------------


def _backlog(axis: Axis, chronicle: Chronicle) -> str:
    spans = [
        Bar(at_ms, at_ms + HOUR_MS, n, f"{moment(at_ms)}: {plural(n, 'fact')} waiting")
        for at_ms, n in sorted(chronicle.waiting.items())
    ]
    most = max(chronicle.waiting.values(), default=0)
    note = f"at most {number(most)}" if most else "none ever waited"
    return _row("Facts waiting", note, bars(axis, spans, f"Facts waiting: {note}", "bar wait"))


def _owed(axis: Axis, chronicle: Chronicle) -> str:
    looks = sorted(chronicle.owed.items())
    ends = [at_ms for at_ms, _ in looks[1:]] + [axis.end_ms]
    spans = [
        Bar(at_ms, min(until_ms, at_ms + WIDEST_LOOK_MS), n, f"{moment(at_ms)}: owes {number(n)}")
        for (at_ms, n), until_ms in zip(looks, ends, strict=True)
    ]
    most = max(chronicle.owed.values(), default=0)
    note = f"at most {number(most)}" if most else "nothing whenever it was asked"
    return _row("Owed by the subject", note, bars(axis, spans, f"Owed by the subject: {note}", "bar wait"))


def _cases(axis: Axis, evidence: Evidence, chronicle: Chronicle) -> str:
    if evidence.book is None:
        return _row("Open cases", "no book published", bars(axis, (), "no book published", "bar"))
    spans = [
        Bar(
            span.from_ms,
            span.until_ms,
            span.cases,
            f"{moment(span.from_ms)} to {moment(span.until_ms)}: {plural(span.cases, 'open case')}",
        )
        for span in open_cases(evidence.book.cases, max(chronicle.settled_ms, evidence.now_ms))
    ]
    most = max((span.value for span in spans), default=0)
    note = f"at most {number(most)}" if most else "none"
    return _row("Open cases", note, bars(axis, spans, f"Open cases: {note}", "bar case"))


# --- waits --------------------------------------------------------------------------------------


def _lags(axis: Axis, evidence: Evidence) -> str:
    rows = waits(evidence)
    dots = []
    for row in rows:
        told = f"{row.run}: half within {duration(row.p50_ms)}, 95 of 100 within {duration(row.p95_ms)}"
        dots.append(Mark(row.at_ms, row.p95_ms, told, "p95"))
        dots.append(Mark(row.at_ms, row.p50_ms, told, "p50"))
    longest = max((row.p95_ms for row in rows), default=0)
    note = f"p95 up to {duration(longest)}" if rows else "nothing was invoiced"
    return _row("Approval to invoice", note, marks(axis, dots, f"Approval to invoice: {note}"))


def _waits(rows: tuple[RunWait, ...]) -> str:
    if not rows:
        return sentence("No billing run has invoiced anything, so there is no wait from approval to invoice.")
    columns = ("billing run", "invoiced at", "invoices", "entries", "p50", "p95")
    return element("h3", "From approval to invoice") + table(
        columns,
        (
            (
                text(row.run),
                text(moment(row.at_ms)),
                number(row.invoices),
                number(row.entries),
                text(duration(row.p50_ms)),
                text(duration(row.p95_ms)),
            )
            for row in rows
        ),
        right=columns[2:],
    )
