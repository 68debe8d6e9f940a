"""The floors of the house hold, and a planted violation of each of them is found."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .tree import PRODUCT, ROOT, python_files

JUDGES = ("scenarios/oracle", "scenarios/checks")
MAY_SEE = ("mocks.firm.facts", "scenarios.oracle", "scenarios.checks")

# Contract -> modules that break it; each is planted in a copy of the packages.
PLANTS = {
    "Core floors": {
        "integration_core/rules/planted_upwards.py": "import integration_core.store.schema",
        "integration_core/processes/planted_sideways.py": "import integration_core.adapters.http",
        "integration_core/canonical/planted_upwards.py": "import integration_core.ports.clock",
        "integration_core/newcomer.py": "",
    },
    "Core adapters are strangers": {
        "integration_core/adapters/netsuite/planted_sideways.py": "import integration_core.adapters.bamboohr",
        "integration_core/adapters/http/planted_upwards.py": "import integration_core.adapters.salesforce",
    },
    "Rules and canonical are pure": {"integration_core/rules/planted_effect.py": "import httpx"},
    "Only its adapter knows dbos": {"integration_core/store/planted_engine.py": "import dbos"},
    "Mocks floors": {
        "mocks/kit/planted_upwards.py": "import mocks.psa.certinia.schema",
        "mocks/firm/planted_upwards.py": "import mocks.kit.clock",
        "mocks/protocols/planted_upwards.py": "import mocks.registry",
    },
    "Vendors are strangers": {"mocks/psa/certinia/planted_sideways.py": "import mocks.erp.netsuite.schema"},
    "Mocks and core never meet": {
        "mocks/kit/planted_core.py": "import integration_core.canonical.money",
        "integration_core/ports/planted_mock.py": "import mocks.kit.clock",
    },
    "Mocks and core know nothing above them": {
        "mocks/kit/planted_scenario.py": "import scenarios.events",
        "integration_core/store/planted_tests.py": "import tests.architecture",
    },
    "Oracle and checks see only facts": {
        "scenarios/oracle/planted_generator.py": "import mocks.firm.generate",
        "scenarios/checks/planted_core.py": "import integration_core.canonical.money",
        "scenarios/oracle/planted_kit.py": "from mocks.kit import clock",
    },
    "People at work know the systems by their APIs alone": {
        "load/users/planted_signing.py": "import integration_core.adapters.netsuite.signing",
        "load/planted_control.py": "import scenarios.control",
        "load/users/planted_rules.py": "import mocks.psa.certinia.timecards",
    },
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the packages in a folder."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)


def planted_copy(root: Path) -> None:
    """Copy the packages' code and the contracts, then break every contract."""
    for package in PRODUCT:
        shutil.copytree(
            ROOT / package, root / package, ignore=lambda folder, names: _without_code(Path(folder), names)
        )
    shutil.copy(ROOT / ".importlinter", root)
    (root / "tests" / "architecture").mkdir(parents=True)
    for package in ("tests", "tests/architecture"):
        (root / package / "__init__.py").touch()
    for plants in PLANTS.values():
        for path, statement in plants.items():
            (root / path).write_text(f"{statement}\n")


def _without_code(folder: Path, names: list[str]) -> set[str]:
    keep = {name for name in names if name.endswith(".py") or (folder / name).is_dir()} - {"__pycache__"}
    return set(names) - keep


def foreign_imports(source: str, name: str = "<text>") -> list[str]:
    """Modules of this repository that a judge's module imports and may not see."""
    found = []
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used"
            base = node.module or ""
            found += [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    ours = [one for one in found if one.split(".")[0] in (*PRODUCT, "tests")]
    return [one for one in ours if not any(f"{one}.".startswith(f"{seen}.") for seen in MAY_SEE)]


def test_contracts__are_kept() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(PLANTS)} kept, 0 broken" in result.stdout


def test_planted_violation__breaks_every_contract_and_is_named(tmp_path: Path) -> None:
    planted_copy(tmp_path)
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = set(re.findall(r"^(.+?) BROKEN", result.stdout, re.MULTILINE))
    assert broken == set(PLANTS)
    unseen = [
        path
        for plants in PLANTS.values()
        for path in plants
        if path.removesuffix(".py").replace("/", ".") not in result.stdout
    ]
    assert unseen == []


def test_judges__see_nothing_but_facts_and_themselves() -> None:
    seen = {
        str(path): names
        for path in python_files(ROOT, JUDGES)
        if (names := foreign_imports((ROOT / path).read_text(), str(path)))
    }
    assert seen == {}


def test_judge_that_borrows_from_the_runner__is_found() -> None:
    source = "from scenarios.runner import run\nfrom mocks.firm import facts\nimport scenarios.checks.check\n"
    assert foreign_imports(source) == ["scenarios.runner.run"]
    assert foreign_imports("from mocks.firm.generate import generate\n") == ["mocks.firm.generate.generate"]
