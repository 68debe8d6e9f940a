"""Checks of journals and balances against what is expected, document by document and close by close."""

from collections import defaultdict
from collections.abc import Iterator

from mocks.firm.facts.documents import Journal, JournalLine
from scenarios.checks.case import CLOSE_TYPES, Case, witness
from scenarios.checks.codes import parse_tax
from scenarios.checks.postings import net_fc, net_tc
from scenarios.checks.result import Tally
from scenarios.oracle.calendars import period_of
from scenarios.oracle.expected import ExpectedJournal
from scenarios.oracle.posting import RECEIVABLES, tax_text

GUARDED_TYPES = ("PAY", "LAB")
GUARDED_ACCOUNTS = ("5000", "5100", "5190", "2150")
_BY_CUSTOMER = (RECEIVABLES, "7900", "6500")
_BY_CONTRACT_LINE = ("1140", "1150", "2400", "4000", "4010", "4020", "4040", "7910")
_BY_TAX = ("2200", "1300", "2210")
Dimensions = tuple[str, ...]


def journal_count(case: Case) -> int:
    """How many journals there ought to be."""
    return sum(1 for _ in expected_journals(case))


def expected_journals(case: Case) -> Iterator[ExpectedJournal]:
    """Journals of documents, of receipts and of closes."""
    expected = case.expected
    yield from expected.invoice_journals.values()
    yield from expected.credit_journals.values()
    yield from expected.payment_journals.values()
    yield from expected.close_journals.values()


def dimensions(case: Case, line: JournalLine) -> Dimensions:
    """Account and the dimensions that finance 3.2 compares on it, as business keys."""
    account = line.account
    if account in _BY_CUSTOMER:
        return (account, _customer(case, line))
    if account in _BY_CONTRACT_LINE:
        key = case.sources.line_keys.get(line.contract_line, f"?{line.contract_line}")
        return (account, _customer(case, line), key, _project(case, line), line.practice)
    if account in _BY_TAX:
        code = parse_tax(line.tax_code)
        return (account, tax_text(code) if code else f"?{line.tax_code}")
    if account == "5000":
        return (account, f"RS|{line.resource}")
    if account == "5100":
        return (account, f"RS|{line.resource}", _project(case, line), line.cost_centre)
    if account == "5190":
        return (account, f"RS|{line.resource}", line.bucket, line.cost_centre)
    return (account,)


def _customer(case: Case, line: JournalLine) -> str:
    return case.customer_bks.get(line.customer, f"?{line.customer}")


def _project(case: Case, line: JournalLine) -> str:
    return case.project_bks.get(line.project, f"?{line.project}")


def _amounts(case: Case, journal: Journal) -> tuple[dict[Dimensions, int], dict[Dimensions, int]]:
    tc: defaultdict[Dimensions, int] = defaultdict(int)
    fc: defaultdict[Dimensions, int] = defaultdict(int)
    for line in journal.lines:
        key = dimensions(case, line)
        tc[key] += net_tc(line)
        fc[key] += net_fc(line)
    return tc, fc


def match_key(case: Case, journal: Journal) -> str:
    """What tells journals apart: their document, or for those of a close what they are of, and when."""
    if journal.document:
        return journal.document
    if journal.journal_type in CLOSE_TYPES:
        return "|".join(case.close_key(journal))
    return f"?{journal.native_id}"


def _pairs(case: Case) -> Iterator[tuple[str, ExpectedJournal | None, list[Journal]]]:
    """Expected and observed journals by match key; a document that is missing stands by its own key."""
    observed: defaultdict[str, list[Journal]] = defaultdict(list)
    for journal in case.journals:
        observed[match_key(case, journal)].append(journal)
    expected: dict[str, ExpectedJournal] = dict(case.expected.payment_journals)
    for key, due in case.expected.invoice_journals.items():
        documents = case.invoices_by_key.get(key)
        expected[documents[0].native_id if documents else due.bk] = due
    for credit_key, due in case.expected.credit_journals.items():
        memos = case.credits_by_key.get(credit_key)
        expected[memos[0].native_id if memos else due.bk] = due
    for close_key, due in case.expected.close_journals.items():
        expected["|".join(close_key)] = due
    for match in sorted(expected.keys() | observed.keys()):
        yield match, expected.get(match), observed.get(match, [])


def x03_journals(case: Case) -> Tally:
    """Each posting has one journal: date and net amount per account and dimensions as expected."""
    tally = Tally(wanted=journal_count(case))
    for match, expected, observed in _pairs(case):
        tally.compared += 1
        if expected is None:
            for journal in observed:
                at = witness("erp", "journal", journal.native_id, journal.journal_type, match)
                tally.differ(at, "no such journal", journal.number, "journal")
        elif not observed:
            guarded = expected.journal_type in GUARDED_TYPES
            due = "a journal" if guarded else dict(expected.amounts)
            tally.differ((expected.bk,), due, "no journal", "journal")
        else:
            _compare_journal(tally, case, expected, observed[0])
            for extra in observed[1:]:
                at = witness("erp", "journal", extra.native_id, expected.bk)
                tally.differ(at, "one journal", "a further one", "journal")
    return tally


def _compare_journal(tally: Tally, case: Case, expected: ExpectedJournal, actual: Journal) -> None:
    at = witness("erp", "journal", actual.native_id, expected.bk)
    rows = (
        ("type", expected.journal_type, actual.journal_type),
        ("entity", expected.entity, actual.entity),
        ("ccy", expected.ccy, actual.ccy),
        ("acct_date", expected.acct_date, actual.acct_date),
    )
    for name, due_value, found_value in rows:
        tally.equal((*at, name), due_value, found_value, "journal")
    guarded = {expected.journal_type, actual.journal_type} & set(GUARDED_TYPES)
    compare = tally.guarded if guarded else tally.equal
    due = dict(expected.amounts)
    for ccy, found in zip(("tc", "fc"), _amounts(case, actual), strict=True):
        for key in sorted(due.keys() | found.keys()):
            compare((*at, ccy, *key), due.get(key, 0), found.get(key, 0), "journal")


def x05_balances(case: Case) -> Tally:
    """GL balances per entity, account, period and currency are the sums of the expected journals."""
    tally = Tally()
    due: defaultdict[tuple[str, ...], int] = defaultdict(int)
    tc: defaultdict[tuple[str, ...], int] = defaultdict(int)
    fc: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for row in expected_journals(case):
        for account, minor in row.amounts:
            due[(row.entity, account[0], period_of(row.acct_date), row.ccy)] += minor
    for journal in case.journals:
        for line in journal.lines:
            key: tuple[str, ...] = (journal.entity, line.account, journal.period, journal.ccy)
            tc[key] += net_tc(line)
            fc[key] += net_fc(line)
    tally.wanted = len(due)
    for key in sorted(due.keys() | tc.keys()):
        tally.compared += 1
        compare = tally.guarded if key[1] in GUARDED_ACCOUNTS else tally.equal
        compare((*key, "tc"), due.get(key, 0), tc.get(key, 0), "balance")
        compare((*key, "fc"), due.get(key, 0), fc.get(key, 0), "balance")
    return tally
