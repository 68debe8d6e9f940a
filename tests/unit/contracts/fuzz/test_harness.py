"""Nothing to test is a sentence and never a pass; oddities are narrow; reports say what was found."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree

import pytest

from contracts.fuzz.__main__ import main
from contracts.fuzz.checks import Operation, Watch, operations_of
from contracts.fuzz.harness import Options, fuzz, run
from contracts.fuzz.report import Failure, Report, junit_of, text_of
from contracts.fuzz.target import Answer, Oddity, Request, Served, Target, Unfit, excuse
from contracts.fuzz.targets import gusto, target

EMPTY = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
ONE = {**EMPTY, "paths": {"/things": {"get": {"operationId": "things", "responses": {"200": {}}}}}}


def _no_headers(request: Request) -> dict[str, str]:
    return {}


def _target(served: Served) -> Target:
    @contextmanager
    def serve() -> Iterator[Served]:
        yield served

    return Target(provider="bamboohr", serve=serve, refused=lambda answer: "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--provider", "nobody"], "no provider nobody"),
        (["--provider", "bamboohr", "--operation", "nothing"], "no operation nothing"),
        (["--provider", "bamboohr", "--examples", "-1"], "0 or more"),
        (["--operation", "directory"], "--provider"),
        (["--strange"], "nrecognized"),
    ],
)
def test_what_cannot_be_tested__is_one_sentence_and_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    began = perf_counter()
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert perf_counter() - began < 5


def test_an_address_where_nothing_answers__is_said_at_once() -> None:
    served = Served(description=ONE, authorise=_no_headers, wrong=_no_headers, url="http://127.0.0.1:9")
    began = perf_counter()
    with pytest.raises(Unfit, match=r"Nothing answers at http://127\.0\.0\.1:9"):
        fuzz(_target(served), Options())
    assert perf_counter() - began < 5


def test_a_description_without_operations__is_no_pass() -> None:
    served = Served(description=EMPTY, authorise=_no_headers, wrong=_no_headers, url="http://127.0.0.1:9")
    with pytest.raises(Unfit, match="nothing to test"):
        fuzz(_target(served), Options())


def test_a_run_that_passes__ends_with_0_and_is_written_for_ci(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fuzz.xml"
    arguments = ["--provider", "bamboohr", "--operation", "get_employee", "--examples", "3"]
    assert main([*arguments, "--junit", str(file)]) == 0
    assert "bamboohr: pass, 1 of 1 operations" in capsys.readouterr().out
    suite = ElementTree.parse(file).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("name"), suite.get("failures")) == ("fuzz bamboohr", "0")


def _report(operations: int = 2, described: int = 2, failures: tuple[Failure, ...] = ()) -> Report:
    return Report(
        provider="gusto",
        operations=operations,
        described=described,
        requests=9,
        request_hash="ab",
        failures=failures,
        excused={},
        seconds=1.0,
    )


def test_a_report__passes_only_when_all_that_is_described_was_tested() -> None:
    assert _report().passed
    assert not _report(operations=1).passed
    assert not _report(operations=0, described=0).passed
    assert not _report(failures=(Failure("a", "b", "c"),)).passed
    assert 'failures="1"' in junit_of([_report(operations=1)])
    assert "gusto: FAIL" in text_of(_report(operations=1))


def test_junit__holds_what_xml_cannot() -> None:
    written = junit_of([_report(failures=(Failure("a", "b", "bad \x00 \ud800 <sign>"),))])
    assert "&lt;sign&gt;" in written
    assert ElementTree.fromstring(written.partition("\n")[2]).tag == "testsuites"


def test_an_oddity__covers_its_operations_its_check_and_its_words() -> None:
    held = Target(
        provider="gusto",
        serve=gusto.serve,
        refused=lambda answer: "",
        oddities=(Oddity("some_check", ("one",), "because", "these words"),),
    )
    assert excuse(held, "one", "some_check", "with these words in it") is not None
    assert excuse(held, "two", "some_check", "with these words in it") is None
    assert excuse(held, "one", "other_check", "with these words in it") is None
    assert excuse(held, "one", "some_check", "others") is None


@pytest.mark.parametrize("provider", ["bamboohr", "gusto"])
def test_every_oddity__names_operations_that_are_described_and_a_reason(provider: str) -> None:
    held = target(provider)
    with held.serve() as served:
        names = {operation.name for operation in operations_of(served.description)}
    for oddity in held.oddities:
        assert oddity.operations
        assert set(oddity.operations) <= names
        assert len(oddity.reason) > 20


@pytest.mark.parametrize("provider", ["bamboohr", "gusto"])
def test_every_described_operation__asks_for_credentials(provider: str) -> None:
    with target(provider).serve() as served:
        operations = operations_of(served.description)
    assert operations
    assert not [operation.name for operation in operations if operation.public]


@pytest.mark.parametrize("provider", ["bamboohr", "gusto"])
def test_a_served_system__has_records_and_known_values(provider: str) -> None:
    with target(provider).serve() as served:
        assert served.records() > 3
        assert served.known
        assert all(served.known.values())


def test_an_unknown_provider__is_refused_by_the_function_too() -> None:
    with pytest.raises(Unfit, match="the known ones are"):
        run("bamboohr-webhooks")


def _watched(answers: dict[str, Answer], path: str, *reads: str) -> list[str]:
    complaints: list[str] = []
    operations = (
        Operation("delete", "DELETE", path, False),
        *(Operation(f"read {one}", "GET", one, False) for one in reads),
    )
    held = _target(Served(description=ONE, authorise=_no_headers, wrong=_no_headers))
    watch = Watch(
        held,
        operations,
        lambda request, headers: answers[request.url],
        _no_headers,
        lambda: 0,
        lambda operation, check, text: complaints.append(text),
    )
    watch.answered(operations[0], Request("DELETE", "http://x/things/7"), Answer(204, {}, b""))
    return complaints


def _json(body: bytes, status: int = 200) -> Answer:
    return Answer(status, {}, body)


@pytest.mark.parametrize(
    ("answers", "reads", "words"),
    [
        ({"http://x/things/7": _json(b"", 404)}, ["/things/{id}"], ""),
        ({"http://x/things/7": _json(b"{}")}, ["/things/{id}"], "still answers 200"),
        ({"http://x/things": _json(b'[{"id": 8}]')}, [], ""),
        ({"http://x/things": _json(b'[{"id": "7"}]')}, [], "still lists it"),
        ({"http://x/things": _json(b'{"items": [{"uuid": "7"}]}')}, [], "still lists it"),
        ({"http://x/things": _json(b'{"no": "list"}')}, [], "nothing says whether"),
        ({"http://x/things": _json(b"", 404)}, [], ""),
    ],
)
def test_what_was_deleted__is_looked_for(answers: dict[str, Answer], reads: list[str], words: str) -> None:
    complaints = _watched(answers, "/things/{id}", *reads)
    assert [words in one for one in complaints] == ([True] if words else [])
