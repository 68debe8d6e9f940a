"""What an account holds before anybody works in it: chart of accounts, items, terms, currencies."""

from collections.abc import Mapping

from mocks.erp.netsuite.lookups import id_of, next_id
from mocks.erp.netsuite.oauth import forget_nonces
from mocks.kit.schema import Value
from mocks.kit.world import World

# number, name, type (finance 3.1)
CHART = (
    ("1000", "Bank", "Bank"),
    ("1100", "Trade receivables", "AcctRec"),
    ("1140", "Unbilled receivable", "UnbilledRec"),
    ("1150", "Contract asset", "OthCurrAsset"),
    ("1200", "IC receivable", "AcctRec"),
    ("1300", "Input VAT recoverable", "OthCurrAsset"),
    ("2100", "Employee expenses payable", "OthCurrLiab"),
    ("2150", "Payroll liabilities", "OthCurrLiab"),
    ("2200", "Output VAT / sales tax", "OthCurrLiab"),
    ("2210", "Reverse-charge VAT self-assessed", "OthCurrLiab"),
    ("2300", "IC payable", "AcctPay"),
    ("2400", "Deferred revenue", "DeferRevenue"),
    ("4000", "Revenue T&M and usage", "Income"),
    ("4010", "Revenue fixed fee", "Income"),
    ("4020", "Revenue retainer incl. overage", "Income"),
    ("4040", "Revenue recharged expenses", "Income"),
    ("4500", "IC revenue", "Income"),
    ("5000", "Payroll cost pool", "COGS"),
    ("5100", "Project labour", "COGS"),
    ("5190", "Non-project labour", "Expense"),
    ("5200", "Project expenses", "COGS"),
    ("5300", "IC project cost", "COGS"),
    ("6500", "Bad debt", "Expense"),
    ("7900", "FX realised", "OthExpense"),
    ("7910", "FX on contracts", "OthExpense"),
    ("7920", "FX revaluation", "OthExpense"),
    ("9999", "Suspense", "OthCurrAsset"),
)
# code, name, income account: right-to-invoice kinds are revenue, the others are deferred (mapping, ERP)
ITEMS = (
    ("TM", "Time and materials", "4000"),
    ("USG", "Usage", "4000"),
    ("EXP", "Recharged expenses", "4040"),
    ("OV", "Retainer overage", "4020"),
    ("FF", "Fixed fee", "2400"),
    ("RET", "Retainer", "2400"),
)
NET_DAYS = (0, 7, 10, 14, 15, 20, 21, 25, 28, 30, 40, 45, 50, 60, 75, 90, 100, 120)
EOM_DAYS = (0, 5, 10, 15, 20, 25, 30, 45, 60, 90)
# symbol, name, digits
CURRENCIES = (
    ("USD", "US Dollar", 2),
    ("EUR", "Euro", 2),
    ("GBP", "British Pound", 2),
    ("CHF", "Swiss Franc", 2),
    ("CAD", "Canadian Dollar", 2),
    ("AUD", "Australian Dollar", 2),
    ("SEK", "Swedish Krona", 2),
    ("NOK", "Norwegian Krone", 2),
    ("DKK", "Danish Krone", 2),
    ("PLN", "Polish Zloty", 2),
    ("CZK", "Czech Koruna", 2),
    ("SGD", "Singapore Dollar", 2),
    ("INR", "Indian Rupee", 2),
    ("BRL", "Brazilian Real", 2),
    ("MXN", "Mexican Peso", 2),
    ("JPY", "Japanese Yen", 0),
    ("KRW", "South Korean Won", 0),
    ("CLP", "Chilean Peso", 0),
    ("KWD", "Kuwaiti Dinar", 3),
    ("BHD", "Bahraini Dinar", 3),
)


def prepare(world: World) -> None:
    """Put the account's own set-up in place, unless a taken-up world has it already."""
    forget_nonces(world)
    if world.store.count("account"):
        return
    at_ms = world.now_ms()
    with world.store.transaction():
        for number, name, kind in CHART:
            _add(world, "account", number, {"acctnumber": number, "acctname": name, "accttype": kind}, at_ms)
        for code, name, account in ITEMS:
            income = id_of(world, "account", "acctnumber", account)
            _add(world, "item", code, {"itemid": code, "displayname": name, "incomeaccount": income}, at_ms)
        terms = [f"NET {days}" for days in NET_DAYS] + [f"EOM {days}" for days in EOM_DAYS]
        for name in terms:
            _add(world, "term", name, {"name": name}, at_ms)
        for symbol, name, digits in CURRENCIES:
            _add(
                world,
                "currency",
                symbol,
                {"symbol": symbol, "name": name, "currencyprecision": digits},
                at_ms,
            )


def _add(world: World, table: str, code: str, values: Mapping[str, Value], at_ms: int) -> None:
    world.store.insert(table, next_id(world, table), {**values, "externalid": code}, at_ms)
