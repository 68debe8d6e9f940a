"""The repository stands alone: nothing in it points at one person's machine or package index."""

import re
from pathlib import Path

import pytest

from .tree import ROOT, text_files

MACHINE = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/\w")
REGISTRY = re.compile(
    r"py[p]i\.(?:org|io)|python[h]osted\.|--(?:extra-)?index-url|artifactory|np[m]js\.", re.IGNORECASE
)
ELSEWHERE = re.compile(r"\bDESIGN[.]md\b|\bshared[/]|\bspec[/][a-z-]+\.md\b")


def leaks(text: str) -> list[str]:
    """Places in a text that only make sense where it was written."""
    return [found.group() for pattern in (MACHINE, REGISTRY, ELSEWHERE) for found in pattern.finditer(text)]


def test_files__name_no_machine_path_and_no_registry() -> None:
    this = Path(__file__).resolve().relative_to(ROOT)
    found = {str(path): where for path, text in text_files(ROOT) if path != this and (where := leaks(text))}
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        # taken apart, so that a plain search of the repository for such places finds none here
        "open('/" + "work/main/x.json')",
        "see /" + "home/ann/notes",
        "cd /" + "root/project",
        "https://py" + "pi.org/simple",
        "--index-" + "url https://mirror.example",
        "as spec" + "/finance.md says",
    ],
)
def test_planted_leak__is_found(text: str) -> None:
    assert len(leaks(text)) == 1


@pytest.mark.parametrize(
    "text",
    ["GET /api/v1/wor" + "k/5", "https://a.example/home/page", "~/wor" + "k/x", "finance 2.4", "/home"],
)
def test_innocent_path__is_left_alone(text: str) -> None:
    assert leaks(text) == []
