"""What CI runs on every commit, as jobs: each says how much it looked at; nothing looked at is a failure."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from multiprocessing import get_context
from xml.etree import ElementTree

from msgspec import Struct
from msgspec.structs import replace

from contracts.participants import API_PROVIDERS, CORE, PROVIDERS, UnknownProvider
from contracts.provider.target import Target
from contracts.provider.verify import Verification

EXAMPLES = 25


class Line(Struct, frozen=True):
    """One thing a job looked at: an interaction, an operation, an entity."""

    name: str
    passed: bool
    text: str = ""
    left_out: bool = False  # nobody looked at it, and `text` says why


class Job(Struct, frozen=True, kw_only=True):
    """How a job ended."""

    name: str
    counted: int
    lines: tuple[Line, ...]
    note: str = ""
    seconds: float = 0.0
    verifications: tuple[Verification, ...] = ()

    @property
    def failures(self) -> tuple[Line, ...]:
        """What did not hold."""
        return tuple(line for line in self.lines if not line.passed)

    @property
    def passed(self) -> bool:
        """Something was looked at, and all of it holds."""
        return self.counted > 0 and not self.failures

    @property
    def left_out(self) -> bool:
        """Nothing of it can be looked at there: no pass, and among jobs that pass no failure either."""
        return bool(self.lines) and all(line.left_out for line in self.lines)

    @property
    def word(self) -> str:
        """How it ended, for people."""
        return "pass" if self.passed else "none" if self.left_out else "FAIL"


def all_hold(jobs: Sequence[Job]) -> bool:
    """At least one job passed, and every other one passed or has nothing to look at."""
    return any(job.passed for job in jobs) and all(job.passed or job.left_out for job in jobs)


def consumer(providers: Sequence[str] = (), *, accept: bool = False) -> Job:
    """The consumer tests, and their pacts against the committed ones."""
    from contracts.consumer.run import write_pacts
    from contracts.pactfile import BadPact

    try:
        written = write_pacts(accept=accept, providers=providers)
    except (BadPact, UnknownProvider) as problem:
        return Job(name="consumer", counted=0, lines=(Line("pacts", False, str(problem)),))
    failed = "; ".join((*written.mismatches, written.output[-4000:]))
    lines = [Line("tests", written.tests_passed, "" if written.tests_passed else failed)]
    how = "If the promise is meant, `rehearse contracts consumer --accept` keeps it."
    lines += [Line("pacts", False, f"{difference} {how}") for difference in written.differences]
    note = f"{written.interactions} interactions in {written.pacts} pacts"
    return Job(name="consumer", counted=written.interactions, lines=tuple(lines), note=note)


def provider(name: str, target: Target | None = None) -> Job:
    """All pacts of one provider, against its mock or against a given target."""
    from contracts.pactfile import BadPact
    from contracts.provider.target import Unreachable
    from contracts.provider.verify import verify

    label = f"provider {name}"
    try:
        if target is not None:
            return _verified(label, verify(target))
        with _own_server(name) as own:
            return _verified(label, verify(own))
    except (Unreachable, BadPact) as problem:
        return Job(name=label, counted=0, lines=(Line(name, False, str(problem)),))


def _own_server(name: str) -> AbstractContextManager[Target]:
    if name == CORE:
        from contracts.provider.core_server import served_core

        return served_core()
    from contracts.provider.mock_server import served_mock

    return served_mock(name)


def _verified(label: str, found: Sequence[Verification]) -> Job:
    lines = [
        Line(one.interaction, one.outcome != "fail", one.reason, one.outcome == "unsupported")
        for pact in found
        for one in pact.results
    ]
    passed = sum(pact.count("pass") for pact in found)
    left_out = sum(pact.count("unsupported") for pact in found)
    kinds = ", ".join(sorted({pact.target for pact in found}))
    note = f"{passed} of {len(lines)} interactions hold ({kinds})"
    if left_out:
        note += f", {left_out} cannot be brought about there"
    # What was left out was not looked at.
    counted = sum(pact.count("pass") + pact.count("fail") for pact in found)
    return Job(name=label, counted=counted, lines=tuple(lines), note=note, verifications=tuple(found))


def drift(providers: Sequence[str] = (), *, accept: bool = False) -> Job:
    """Descriptions against their last release and the pacts; the canonical model against its versions."""
    from contracts.canonical import schemas
    from contracts.drift import check as descriptions

    if accept:
        descriptions.accept()
        schemas.accept()
    report = descriptions.check(providers=tuple(providers) or PROVIDERS)
    lines = [
        Line(f"{one.provider} {one.comparison} {one.place}", not one.breaking, one.sentence)
        for one in report.findings
    ]
    note = f"{sum(one.count for one in report.compared)} operations and interactions"
    counted = sum(one.count for one in report.compared)
    if not providers:
        canonical = schemas.check()
        lines += [Line("canonical", False, problem) for problem in canonical.problems]
        note += f", {canonical.entities} canonical entities"
        counted = counted if canonical.entities else 0
    return Job(name="drift", counted=counted, lines=tuple(lines), note=note)


def fuzz(name: str, examples: int = EXAMPLES) -> Job:
    """A provider against its own description."""
    from contracts.fuzz.harness import run
    from contracts.fuzz.target import Unfit

    label = f"fuzz {name}"
    try:
        report = run(name, examples)
    except Unfit as problem:
        return Job(name=label, counted=0, lines=(Line(name, False, str(problem)),))
    lines = [Line(f"{one.operation} {one.check}", False, one.message) for one in report.failures]
    if report.operations != report.described:
        lines.append(
            Line("coverage", False, f"{report.operations} of {report.described} operations were tested.")
        )
    note = f"{report.operations} operations, {report.requests} requests, hash {report.request_hash[:16]}"
    return Job(name=label, counted=report.operations, lines=tuple(lines), note=note)


Task = tuple[Callable[..., Job], tuple[object, ...]]


def all_tasks(examples: int = EXAMPLES) -> list[Task]:
    """The per-commit set, the long ones first."""
    fuzzed: list[Task] = [(fuzz, (name, examples)) for name in API_PROVIDERS]
    verified: list[Task] = [(provider, (name,)) for name in PROVIDERS]
    return [*fuzzed, (consumer, ()), *verified, (drift, ())]


def run_all(tasks: Sequence[Task], workers: int = 2) -> Iterator[Job]:
    """The jobs as they end, each in a process of its own: the verifier keeps state in its process."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for ended in as_completed([pool.submit(_timed, function, given) for function, given in tasks]):
            yield ended.result()


def _timed(function: Callable[..., Job], given: tuple[object, ...]) -> Job:
    begun = time.perf_counter()
    return replace(function(*given), seconds=time.perf_counter() - begun)


def junit(jobs: Sequence[Job]) -> bytes:
    """JUnit XML: a suite a job, a case for each thing it looked at."""
    root = ElementTree.Element("testsuites")
    for job in jobs:
        cases = job.lines or (Line(job.name, job.passed, "Nothing was looked at."),)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=job.name,
            tests=str(len(cases)),
            failures=str(sum(not case.passed for case in cases)),
            skipped=str(sum(case.left_out for case in cases)),
            time=f"{job.seconds:.3f}",
        )
        for case in cases:
            shown = ElementTree.SubElement(suite, "testcase", classname=job.name, name=_xml(case.name))
            if case.left_out:
                ElementTree.SubElement(shown, "skipped", message=_xml(case.text))
            elif not case.passed:
                told = _xml(case.text)
                ElementTree.SubElement(shown, "failure", message=told[:300]).text = told
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root)


def _xml(text: str) -> str:
    """The text without the signs that no XML may hold: one of them would spoil the whole file."""
    return "".join(
        sign if sign in "\t\n" or " " <= sign < "\ud800" or "\ue000" <= sign < "\ufffe" else "?"
        for sign in text
    )
