"""The hands of a burglar: finds records in the mocks' stores and changes one of them past every API."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mocks.kit.schema import Value
from mocks.kit.store import Record, Store

CENT_ERP, CENT_CRM, CENT_PSA = 100, 10, 1  # a cent, as the amounts of each store have it
TWIN = "987654"  # the id of whatever is doubled or invented in the ERP
Names = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Corruption:
    """One change of one record; `change` does it and returns the names that a witness may go by."""

    name: str
    system: str
    record: str
    what: str
    caught_by: tuple[str, ...]
    change: Callable[["Hands"], Names]


def corrupts(
    system: str, record: str, what: str, *caught_by: str
) -> Callable[[Callable[["Hands"], Names]], Corruption]:
    """Make a function the corruption of its own name."""

    def made(change: Callable[["Hands"], Names]) -> Corruption:
        return Corruption(change.__name__, system, record, what, caught_by, change)

    return made


def corruptions_in(module: Mapping[str, object]) -> tuple[Corruption, ...]:
    """All corruptions of a module, in the order in which it has them."""
    return tuple(value for value in module.values() if isinstance(value, Corruption))


def first(found: Iterable[T]) -> T:
    """The first of some things; raises LookupError where there is none."""
    for one in found:
        return one
    raise LookupError("This run has no such record.")


def whole(value: Value) -> int:
    """A number of a record, nothing counting as zero."""
    return int(value or 0)


@dataclass(frozen=True)
class Hands:
    """The stores of one finished run, by role."""

    stores: Mapping[str, Store]

    @property
    def erp(self) -> Store:
        """The ERP's records."""
        return self.stores["erp"]

    @property
    def psa(self) -> Store:
        """The PSA's records."""
        return self.stores["psa"]

    @property
    def crm(self) -> Store:
        """The CRM's records."""
        return self.stores["crm"]

    # --- finding ----------------------------------------------------------------------------

    def invoice(self, *, status: str = "", entity: str = "", taxed: bool = False) -> Record:
        """The first invoice of that kind."""
        return first(
            record
            for record in self.erp.find("transaction", "type", "CustInvc")
            if status in ("", record.values["custbody_rh_status"])
            and entity in ("", self.code(record))
            and (not taxed or record.values["taxtotal"])
        )

    def invoice_with(self, *items: str) -> tuple[Record, Record]:
        """The first invoice line of one of these items, and its invoice."""
        for record in self.erp.find("transaction", "type", "CustInvc"):
            for line in self.lines(record):
                if self.number("item", line.values["item"]) in items:
                    return record, line
        raise LookupError(f"No invoice has a line of {items}.")

    def memo(self, *, status: str = "") -> Record:
        """The first credit memo of that status."""
        return first(
            record
            for record in self.erp.find("transaction", "type", "CustCred")
            if status in ("", record.values["custbody_rh_status"])
        )

    def payment(self) -> Record:
        """The first payment."""
        return first(self.erp.find("transaction", "type", "CustPymt"))

    def journal(self, kind: str, *, method: str = "", month: str = "", account: str = "") -> Record:
        """The first journal of a type, of a line of that revenue method, of a month, on an account."""
        return first(
            record
            for record in self.erp.find("transaction", "custbody_rh_type", kind)
            if method in ("", self.method(record))
            and str(record.values["custbody_rh_acct_date"]).startswith(month)
            and (not account or any(self.account(line) == account for line in self.lines(record, "line")))
        )

    def lines(self, document: Record, kind: str = "item") -> list[Record]:
        """Lines of a transaction, of one kind."""
        return [
            line
            for line in self.erp.find("transactionline", "transaction", document.id)
            if line.values["linetype"] == kind
        ]

    def on(self, journal: Record, account: str) -> Record:
        """The first line of a journal on an account."""
        return first(line for line in self.lines(journal, "line") if self.account(line) == account)

    def account(self, line: Record) -> str:
        """The account number of a line."""
        return self.number("account", line.values["account"])

    def number(self, table: str, record_id: Value) -> str:
        """What an account or an item is called."""
        column = {"account": "acctnumber", "item": "itemid"}[table]
        return str(self.erp.require(table, str(record_id)).values[column])

    def account_id(self, number: str) -> str:
        """The id of an account."""
        return first(self.erp.find("account", "acctnumber", number)).id

    def code(self, document: Record) -> str:
        """The entity code of a document."""
        return str(self.erp.require("subsidiary", str(document.values["subsidiary"])).values["externalid"])

    def period_id(self, document: Record, month: str) -> str:
        """The id of an accounting period of the document's entity."""
        return first(
            period
            for period in self.erp.find("accountingperiod", "periodname", month)
            if period.values["subsidiary"] == document.values["subsidiary"]
        ).id

    def method(self, journal: Record) -> str:
        """The revenue method of the contract line that a journal is of."""
        line = self.crm.get("RH_Contract_Line__c", str(journal.values["custbody_rh_source_id"]))
        return str(line.values["RH_Revenue_Method__c"]) if line else ""

    def line_key(self, line_id: Value) -> str:
        """The business key of a contract line."""
        line = self.crm.require("RH_Contract_Line__c", str(line_id))
        contract = self.crm.require("Contract", str(line.values["RH_Contract__c"]))
        return f"CL|{contract.values['ContractNumber']}|{line.values['RH_Line__c']}"

    def played(self, store: Store, record: Record) -> str:
        """The business key as which people made a record."""
        rows = store.rows("SELECT bk FROM alias WHERE object = ? AND id = ?", (record.object, record.id))
        return str(first(rows)[0])

    def other(self, record: Record, **same: Value) -> Record:
        """Another record of the same table, with these values."""
        return first(
            found
            for found in self.erp.select(record.object)
            if found.id != record.id and all(found.values[name] == value for name, value in same.items())
        )

    # --- changing ---------------------------------------------------------------------------

    def change(self, record: Record, changes: Mapping[str, Value]) -> None:
        """Write values into a record without moving its stamp of modification."""
        self._store_of(record).update(record.object, record.id, changes, record.modified_ms)

    def add(self, record: Record, amounts: Mapping[str, int]) -> None:
        """Add to numbers of a record."""
        self.change(record, {name: whole(record.values[name]) + more for name, more in amounts.items()})

    def delete(self, record: Record) -> None:
        """Delete a record; lines of a document stay behind unseen."""
        self._store_of(record).delete(record.object, record.id, record.modified_ms)

    def twin(self, record: Record, *, at_ms: int | None = None, **changes: Value) -> str:
        """Copy a transaction with its lines; returns the copy's id."""
        made_ms = record.modified_ms if at_ms is None else at_ms
        self.erp.insert("transaction", TWIN, {**record.values, **changes}, made_ms)
        for line in self.erp.find("transactionline", "transaction", record.id):
            copied = {**line.values, "transaction": TWIN}
            self.erp.insert("transactionline", f"twin of {line.id}", copied, made_ms)
        return TWIN

    def grow(self, line: Record, more: int) -> None:
        """Make a journal line larger, on its side and in both currencies."""
        side = "debit" if line.values["debit"] else "credit"
        self.add(line, {side: more, f"custcol_rh_fc_{side}": more})

    def grow_journal(self, journal: Record, debit: str, credit: str, more: int = CENT_ERP) -> None:
        """Make a line on each of two accounts larger, so that the journal still balances."""
        for account in (debit, credit):
            self.grow(self.on(journal, account), more)

    def _store_of(self, record: Record) -> Store:
        """The store that a record came from: two systems may both have employees, and number them alike."""
        for store in self.stores.values():
            if store.schema.object(record.object) is not None:
                found = store.get(record.object, record.id, deleted=True)
                if found is not None and found.values.keys() == record.values.keys():
                    return store
        raise LookupError(f"No store has {record.object} {record.id}.")
