"""What a run found, for people and for CI."""

from collections.abc import Sequence
from xml.etree import ElementTree

from msgspec import Struct


class Failure(Struct, frozen=True, order=True):
    """One thing that is wrong with a mock or with its description."""

    operation: str
    check: str
    message: str


class Report(Struct, frozen=True, kw_only=True):
    """One provider's run. `excused` counts what an oddity covered, by its reason."""

    provider: str
    operations: int  # tested
    described: int
    requests: int
    request_hash: str
    failures: tuple[Failure, ...]
    excused: dict[str, int]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong and everything that is described was tested."""
        return not self.failures and 0 < self.operations == self.described


def text_of(report: Report) -> str:
    """The run in a few lines; failures of one operation and check once."""
    verdict = "pass" if report.passed else "FAIL"
    lines = [
        f"{report.provider}: {verdict}, {report.operations} of {report.described} operations, "
        f"{report.requests} requests, hash {report.request_hash[:16]}, {report.seconds:.1f} s"
    ]
    lines += [f"  {one.operation}: {one.check}: {one.message}" for one in report.failures]
    lines += [f"  excused {count} times: {reason}" for reason, count in sorted(report.excused.items())]
    return "\n".join(lines)


def junit_of(reports: Sequence[Report]) -> str:
    """JUnit XML: a suite a provider, a case a failure, or one case where all is well."""
    root = ElementTree.Element("testsuites")
    for report in reports:
        failed = len(report.failures) or int(not report.passed)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"fuzz {report.provider}",
            tests=str(max(1, len(report.failures))),
            failures=str(failed),
            time=f"{report.seconds:.3f}",
        )
        for failure in report.failures:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"fuzz.{report.provider}",
                name=f"{failure.operation} {failure.check}",
            )
            ElementTree.SubElement(case, "failure", message=_clean(failure.message[:200])).text = _clean(
                failure.message
            )
        if not report.failures:
            name = f"{report.operations} of {report.described} operations"
            case = ElementTree.SubElement(suite, "testcase", classname=f"fuzz.{report.provider}", name=name)
            if not report.passed:
                ElementTree.SubElement(case, "failure", message="Not every operation was tested.")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        sign if sign in "\t\n" or (sign >= " " and not "\ud800" <= sign <= "\udfff") else "�" for sign in text
    )
