"""The files of this repository as the architecture tests see them, without asking any version control."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("contracts", "integration_core", "load", "mocks", "scenarios")
_NOT_OURS = frozenset(
    {
        "__pycache__",
        ".git",
        ".hypothesis",
        ".import_linter_cache",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        "build",
        "data",
        "dist",
        "reports",
    }
)


def python_files(root: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    """Python files below some folders of a tree, as paths from its root, in order."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "__pycache__" not in path.parts:
                yield path.relative_to(root)


def text_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Every text file that a reader of the repository gets, with its content, without what tools leave."""
    for top in sorted(root.iterdir()):
        if top.name in _NOT_OURS or top.name.endswith(".egg-info"):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                if b"\0" not in content:
                    yield path.relative_to(root), content.decode("utf-8", errors="replace")
