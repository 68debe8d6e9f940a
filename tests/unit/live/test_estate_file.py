"""The file of an estate: what is written for containers can be read back, and what cannot be used is said."""

import json
from pathlib import Path
from stat import S_IMODE

import pytest

from scenarios.catalogue import scenario_named
from scenarios.estate import ROLES
from scenarios.live.composed import refuse_impossible
from scenarios.live.estate_file import EstateFile, EstateUnusable, describe, main, read_estate_file

URLS = {role: f"http://{role}:8100" for role in ROLES}
SYSTEMS = [word for role, url in URLS.items() for word in ("--system", f"{role}={url}")]
TOKEN = {"REHEARSE_CONTROL_TOKEN": "control"}


def test_a_written_estate__is_read_back_with_its_credentials_and_is_private(tmp_path: Path) -> None:
    out = tmp_path / "estate.json"
    cores = ["--core", "http://core-1:8200", "--core", "http://core-2:8200", "--core-settings", "/s/core.env"]
    words = ["--out", str(out), "--seed", "7", *SYSTEMS, *cores, "--scrape-tokens", str(tmp_path)]
    assert main(words, TOKEN) == 0
    assert S_IMODE(out.stat().st_mode) == 0o600
    read = read_estate_file(out)
    assert read == describe(7, "control", URLS, [cores[1], cores[3]], "/s/core.env")
    assert (read.seed, read.systems["erp"].vendor, read.systems["erp"].url) == (7, "netsuite", URLS["erp"])
    assert read.systems["hris"].credentials["api_key"]
    assert (tmp_path / "control-token").read_text() == "control"
    assert len((tmp_path / "reader-token").read_text()) == 32
    assert read.core is not None
    assert read.core.operator_token not in (tmp_path / "reader-token").read_text()


@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        (["--seed", "7", *SYSTEMS], TOKEN, "The following arguments are required: --out."),
        (["--out", "x", "--seed", "7"], TOKEN, "missing are: crm, psa, hris, payroll, erp."),
        (["--out", "x", "--seed", "-1", *SYSTEMS], TOKEN, "A seed lies between 0 and 4294967295, not -1."),
        (["--out", "x", "--seed", "7", *SYSTEMS], {}, "Set REHEARSE_CONTROL_TOKEN"),
        (["--out", "/no/where/x", "--seed", "7", *SYSTEMS], TOKEN, "The estate file cannot be written"),
    ],
)
def test_bad_usage__ends_with_2_and_one_sentence(
    words: list[str], environment: dict[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, environment) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be opened: No such file or directory."),
        ("{", "is not as `rehearse up --json` writes it"),
        ('{"systems": {}}', "missing required field `control_token`"),
        ('{"systems": {}, "control_token": "x"}', "says nothing of: crm, psa, hris, payroll, erp."),
    ],
)
def test_a_file_that_is_no_estate__is_refused_with_a_sentence(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    path = tmp_path / "estate.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EstateUnusable) as refused:
        read_estate_file(path)
    assert sentence in str(refused.value)


def test_a_file_of_rehearse_up__can_be_read_but_names_no_core_that_waits(tmp_path: Path) -> None:
    path = tmp_path / "estate.json"
    systems = {role: {"vendor": "v", "url": url, "credentials": {}} for role, url in URLS.items()}
    core = {"url": "http://127.0.0.1:1", "operator_token": "x"}
    path.write_text(json.dumps({"systems": systems, "control_token": "x", "core": core}))
    with pytest.raises(EstateUnusable, match="names no core that waits for its settings"):
        refuse_impossible(read_estate_file(path), "core", ())


def test_wishes_that_an_estate_cannot_fulfil__are_refused() -> None:
    described: EstateFile = describe(7, "t", URLS, ["http://core-1:8200"], "/s/core.env")
    refuse_impossible(described, "core", ())
    with pytest.raises(EstateUnusable, match="not naive; say --subject core"):
        refuse_impossible(described, "naive", ())
    plan = scenario_named("month-end").plans["default"]
    assert plan.crashes
    with pytest.raises(EstateUnusable, match="a plan without crashes"):
        refuse_impossible(described, "core", plan.crashes)
