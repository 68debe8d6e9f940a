"""Time, chance and hash order enter the product at a few named places only."""

import ast
from fnmatch import fnmatch

from .tree import PRODUCT, ROOT, python_files

# Where a person's or a machine's real clock, or real chance, is wanted.
HOMES = {
    "mocks/kit/clock.py": "the mocks' only clock",
    "integration_core/wiring/*": "where the core is given its clock and its nonces",
    "scenarios/cli*.py": "only the command line draws a seed",
    "scenarios/live/*": "real processes live in real time",
    "scenarios/rehearse.py": "measures a run",
    "scenarios/bench*": "measures",
    "scenarios/load/*": "measures",
    "load/*": "measures",
    "contracts/jobs.py": "measures",
    "contracts/fuzz/*": "waits for real servers, and measures",
    "contracts/provider/*": "meets real servers and signs with real time",
    "contracts/sandbox/*": "is a real server",
}
BANNED = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "os.getrandom",
    "os.urandom",
    "time.clock_gettime",
    "time.gmtime",
    "time.localtime",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.process_time",
    "time.process_time_ns",
    "time.sleep",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
}
CHANCE = ("random", "secrets", "numpy.random")
SEEDED = {"random.Random", "numpy.random.Generator", "numpy.random.Philox", "numpy.random.PCG64"}


def names_in(tree: ast.Module) -> dict[str, str]:
    """What every imported name stands for, as a dotted path."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """The dotted path that an expression names, or nothing."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = dotted(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return ""


def is_banned(path: str) -> bool:
    """Whether a dotted path reads a clock or draws by chance."""
    if path in BANNED:
        return True
    return path not in SEEDED and any(path.startswith(f"{module}.") for module in CHANCE)


def impurities(source: str, name: str = "<text>") -> list[str]:
    """Uses of clock, chance and `hash()` in one module, as `line: name`."""
    tree = ast.parse(source, name)
    names = names_in(tree)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and is_banned(path := dotted(node, names)):
            found.add((node.lineno, path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hash":
            found.add((node.lineno, "hash()"))
    return [f"{line}: {name}" for line, name in sorted(found)]


def is_home(path: str) -> bool:
    """Whether a file may do what others may not."""
    return any(fnmatch(path, pattern) for pattern in HOMES)


def test_clock_and_chance__stay_at_home() -> None:
    found = {
        str(path): uses
        for path in python_files(ROOT, PRODUCT)
        if not is_home(str(path)) and (uses := impurities((ROOT / path).read_text(), str(path)))
    }
    assert found == {}


def test_homes__are_used() -> None:
    files = [str(path) for path in python_files(ROOT, PRODUCT)]
    clock = "mocks/kit/clock.py"
    assert impurities((ROOT / clock).read_text()) != []
    assert {path for path in files if is_home(path)} >= {clock, "integration_core/wiring/clocks.py"}


def test_planted_clock_and_chance__are_found() -> None:
    source = (
        "import datetime, os, random as chance, time, uuid\n"
        "from datetime import date, datetime as dt\n"
        "from time import time_ns\n"
        "from secrets import token_hex\n"
        "import numpy as np\n"
        "a = datetime.datetime.now()\n"
        "b = dt.utcnow()\n"
        "c = date.today()\n"
        "d = time.time()\n"
        "e = time_ns\n"
        "f = uuid.uuid4()\n"
        "g = chance.random()\n"
        "h = token_hex(8)\n"
        "i = os.urandom(8)\n"
        "j = np.random.rand()\n"
        "k = hash('x')\n"
    )
    assert impurities(source) == [
        "6: datetime.datetime.now",
        "7: datetime.datetime.utcnow",
        "8: datetime.date.today",
        "9: time.time",
        "10: time.time_ns",
        "11: uuid.uuid4",
        "12: random.random",
        "13: secrets.token_hex",
        "14: os.urandom",
        "15: numpy.random.rand",
        "16: hash()",
    ]


def test_given_clock_and_seed__are_fine() -> None:
    source = (
        "import random\n"
        "from datetime import datetime\n"
        "def f(clock, seed, world):\n"
        "    world.time.time()\n"
        "    return datetime.fromtimestamp(clock.now_ms() / 1000), random.Random(seed).random()\n"
    )
    assert impurities(source) == []
