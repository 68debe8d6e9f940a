"""The recipes for CI do what people's hands do: every command in them exists, under that name."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from scenarios.cli import app

from .tree import ROOT

GITHUB, GITLAB = ROOT / ".github" / "workflows" / "contracts.yml", ROOT / ".gitlab-ci.yml"


def commands() -> Iterator[str]:
    """Every shell line of both recipes."""
    github: dict[str, Any] = yaml.safe_load(GITHUB.read_text())
    for job in github["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)
    gitlab: dict[str, Any] = yaml.safe_load(GITLAB.read_text())
    for job in gitlab.values():
        if isinstance(job, dict):
            yield from job.get("script", ())
            yield from job.get("after_script", ())


def targets() -> set[str]:
    """The Makefile's targets."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_recipes__name_targets_and_commands_that_exist() -> None:
    (contracts,) = (group for group in app.registered_groups if group.name == "contracts")
    assert contracts.typer_instance is not None
    known = {command.name or "" for command in contracts.typer_instance.registered_commands}
    known |= {
        (command.callback.__name__ if command.callback else "")
        for command in contracts.typer_instance.registered_commands
        if command.name is None
    }
    made = {words for line in commands() for words in re.findall(r"\bmake ([a-z-]+)", line)}
    rehearsed = {words for line in commands() for words in re.findall(r"rehearse contracts ([a-z-]+)", line)}
    assert {"contracts", "check", "properties", "properties-ci"} <= made <= targets()
    assert {"matrix", "provider"} <= rehearsed <= known


def test_recipes__keep_reports_caches_and_bounds() -> None:
    for path in (GITHUB, GITLAB):
        text = path.read_text()
        assert "reports/" in text
        assert "requirements.lock" in text
        assert "timeout" in text
    github = yaml.safe_load(GITHUB.read_text())
    assert all("timeout-minutes" in job for job in github["jobs"].values())
    assert github["permissions"] == {"contents": "read"}


def test_own_check__runs_the_contracts() -> None:
    (check,) = re.findall(r"^check: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "contracts" in check.split()
