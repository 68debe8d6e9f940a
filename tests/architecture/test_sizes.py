"""Small enough to be read: functions up to 60 lines, modules up to 400."""

import ast
from pathlib import Path

from .tree import PRODUCT, ROOT, python_files

FUNCTION_LINES = 60
MODULE_LINES = 400


def too_long(name: str, source: str) -> list[str]:
    """What exceeds the bounds in one module."""
    found = []
    lines = source.count("\n")
    if lines > MODULE_LINES:
        found.append(f"{name}: {lines} lines")
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{name}: {node.name} has {length} lines")
    return found


def without_purpose(name: str, source: str) -> list[str]:
    """Modules that do not say why they exist; an empty package file needs no reason."""
    module = ast.parse(source, name)
    return [name] if module.body and ast.get_docstring(module) is None else []


def modules() -> list[tuple[str, str]]:
    """Every module with its source."""
    return [(str(path), (ROOT / path).read_text()) for path in python_files(ROOT, (*PRODUCT, "tests"))]


def test_functions_and_modules__are_short() -> None:
    found = [one for name, source in modules() for one in too_long(name, source)]
    assert found == []


def test_long_function_and_module__are_found() -> None:
    body = "    pass\n"
    assert too_long("ok.py", "def just():\n" + body * (FUNCTION_LINES - 1)) == []
    assert too_long("f.py", "class A:\n    async def long(self):\n" + f"    {body}" * FUNCTION_LINES) == [
        "f.py: long has 61 lines"
    ]
    assert too_long("m.py", "x = 1\n" * MODULE_LINES) == []
    assert too_long("m.py", "x = 1\n" * (MODULE_LINES + 1)) == ["m.py: 401 lines"]


def test_modules__say_why_they_exist() -> None:
    found = [one for name, source in modules() for one in without_purpose(name, source)]
    assert found == []


def test_module_without_docstring__is_found() -> None:
    assert without_purpose("m.py", "import os\n") == ["m.py"]
    assert without_purpose("m.py", '"""Why."""\nimport os\n') == []


def test_module_names__say_what_is_inside() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [name for name, _ in modules() if Path(name).stem in vague] == []
