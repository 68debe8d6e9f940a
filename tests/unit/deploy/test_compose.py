"""docker-compose.yml and Dockerfile as data: what holds for every service, whoever adds one."""

import json
import re
import subprocess
import sys
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
import yaml

from deploy.make_secrets import NAMES, main

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
METRICS = (ROOT / "scenarios/live/METRICS.md").read_text()
EACH = pytest.mark.parametrize("name", sorted(SERVICES))


def unpinned(image: str) -> bool:
    """Whether an image may be another one tomorrow."""
    name, _, tag = image.rpartition(":")
    return not name or not re.search(r"\d", tag) or "latest" in tag


def test_the_estate__has_five_mocks_two_cores_and_one_of_each_thing_around_them() -> None:
    mocks = {
        name: one["command"] for name, one in SERVICES.items() if "mocks.serve" in one.get("command", [])
    }
    assert sorted(mocks) == ["crm", "erp", "hris", "payroll", "psa"]
    vendors = {command[command.index("--vendor") + 1] for command in mocks.values()}
    assert vendors == {"salesforce", "certinia", "bamboohr", "gusto", "netsuite"}
    executors = {SERVICES[core]["environment"]["REHEARSE_EXECUTOR_ID"] for core in ("core-1", "core-2")}
    assert executors == {"core-1", "core-2"}
    others = {"estate", "postgres", "rehearse", "locust", "locust-worker", "prometheus", "grafana"}
    assert set(SERVICES) == {*mocks, "core-1", "core-2", *others}


@EACH
def test_a_service__has_a_health_check_or_says_why_not(name: str) -> None:
    service = SERVICES[name]
    reason = service.get("labels", {}).get("rehearse.no-healthcheck", "")
    assert ("healthcheck" in service) != bool(reason)
    assert len(reason.split()) != 1


@EACH
def test_a_service__runs_as_nobody_special_on_a_file_system_it_cannot_change(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert "privileged" not in service
    assert "cap_add" not in service


@EACH
def test_a_service__has_a_pinned_image_and_opens_ports_to_this_machine_alone(name: str) -> None:
    assert not unpinned(SERVICES[name]["image"])
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("image", ["postgres", "postgres:latest", "x/y:latest-2", "grafana/grafana:main"])
def test_a_planted_image_without_a_version__is_found(image: str) -> None:
    assert unpinned(image)


def test_secrets__come_from_the_environment_and_compose_says_who_makes_them() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secret = re.search(r"TOKEN|PASSWORD|SECRET|DATABASE_URL", variable)
            given = re.search(r"\$\{(\w+):\?run deploy/make_secrets\.py first\}", str(value))
            assert bool(secret) == bool(given), (name, variable)
            assert given is None or given[1] in NAMES


def test_conditions__name_services_that_can_meet_them() -> None:
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]
            elif wanted["condition"] == "service_completed_successfully":
                assert SERVICES[name]["restart"] == "no"
            else:
                assert name in SERVICES


def test_volumes_and_networks__are_declared_and_the_estate_leads_nowhere() -> None:
    named = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])
    assert COMPOSE["networks"]["estate"] == {"internal": True}
    for core in ("core-1", "core-2"):
        assert SERVICES[core]["networks"] == ["estate"]
        assert "estate:" not in str(SERVICES[core]["volumes"]), "a core knows nothing of the control plane"


def test_the_image__has_a_pinned_base_another_user_and_nothing_of_the_builders_index() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert not any(map(unpinned, bases))
    assert re.findall(r"^USER (\d+)", DOCKERFILE, re.MULTILINE) == ["10001"]
    assert "--require-hashes" in DOCKERFILE
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert "pip" not in last
    for text in (DOCKERFILE, (ROOT / "requirements-runtime.lock").read_text()):
        assert not re.search(r"index|pip\.conf|https?://|trusted-host|find-links", text)


def _locked(path: Path) -> dict[str, frozenset[str]]:
    blocks = re.split(r"^(?=\w)", path.read_text(), flags=re.MULTILINE)
    return {
        block.split()[0]: frozenset(re.findall(r"sha256:\w+", block)) for block in blocks if block.strip()
    }


def test_the_images_packages__are_those_of_the_lock() -> None:
    image, whole = _locked(ROOT / "requirements-runtime.lock"), _locked(ROOT / "requirements.lock")
    assert len(image) > 50
    without_extras = {name.split("[")[0]: hashes for name, hashes in whole.items()} | whole
    assert {name: without_extras.get(name) for name in image} == image
    assert not any(name.startswith(("hypothesis", "mypy", "pyarrow", "pact")) for name in image)


def test_the_ignore_file__lets_nothing_in_but_what_the_dockerfile_copies() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        line.split()[1].rstrip("/") for line in DOCKERFILE.splitlines() if re.match(r"COPY (?!--from)", line)
    }
    assert let_in == copied


def test_prometheus__asks_every_mock_and_every_core_with_the_tokens_that_are_laid_out() -> None:
    jobs = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())["scrape_configs"]
    asked = {target.split(":")[0] for job in jobs for target in job["static_configs"][0]["targets"]}
    assert asked == {"crm", "psa", "hris", "payroll", "erp", "core-1", "core-2"}
    files = [Path(job["authorization"]["credentials_file"]) for job in jobs]
    assert files == [Path("/scrape/control-token"), Path("/scrape/reader-token")]


def test_the_dashboard__shows_metrics_that_there_are() -> None:
    board = json.loads((ROOT / "deploy/grafana/dashboards/rehearsal.json").read_text())
    shown = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"rehearse_\w+", target["expr"])
    }
    assert len(shown) > 10
    known = set(re.findall(r"`(rehearse_\w+)`", METRICS))
    assert {name for name in shown if name.removesuffix("_bucket") not in known} == set()


def test_secrets__are_random_private_and_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a.env", tmp_path / "b.env"
    assert main([str(first)]) == main([str(second)]) == 0
    assert S_IMODE(first.stat().st_mode) == 0o600
    text = first.read_text()
    assert [line.split("=")[0] for line in text.splitlines()] == list(NAMES)
    assert all(len(line.split("=")[1]) == 48 for line in text.splitlines())
    assert text != second.read_text()
    assert main([str(first)]) == 0
    assert first.read_text() == text
    assert text.split("=")[1][:48] not in capsys.readouterr().out
    assert main([]) == main([str(tmp_path / "no" / "where")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_core__waits_for_its_settings_and_begins_with_them(tmp_path: Path) -> None:
    settings, told = tmp_path / "core.env", tmp_path / "told"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$REHEARSE_CRM" "$@" > {told}\n')
    python.chmod(0o755)
    command = [str(ROOT / "deploy/core.sh"), str(settings), "--port", "8200"]
    path = f"{tmp_path}:/usr/bin:/bin"
    waiting = subprocess.Popen(command, env={"PATH": path})
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.3)
        settings.write_text("""export REHEARSE_CRM='{"url": "http://crm"}'\n""")
        assert waiting.wait(20) == 0
    finally:
        waiting.kill()
        waiting.wait()
    assert told.read_text() == '{"url": "http://crm"} -m integration_core.wiring.serve --port 8200\n'


def test_a_core_that_waits__ends_when_told() -> None:
    waiting = subprocess.Popen([str(ROOT / "deploy/core.sh"), "/nowhere/core.env"])
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.3)
    waiting.terminate()
    assert waiting.wait(20) == 0


def test_the_proof_in_containers__can_be_imported_without_an_engine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import tests.containers.__main__ as proof; print(proof.TARGETS)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "7\n"
