"""A rehearsal as JUnit XML: one test case a check, for any CI to show."""

from typing import Any
from xml.etree import ElementTree


def junit(result: dict[str, Any]) -> bytes:
    """Failures for failed checks, errors for required ones that compared nothing, skips for the rest."""
    checks = result["checks"]
    suite = ElementTree.Element(
        "testsuite",
        name=f"{result['scenario']} seed {result['seed']} ({result['mode']}, {result['subject']})",
        tests=str(len(checks)),
        failures=str(sum(check["status"] == "fail" for check in checks)),
        errors=str(sum(check["status"] == "unknown" for check in checks)),
        skipped=str(sum(check["status"] == "not_applicable" for check in checks)),
    )
    for check in checks:
        case = ElementTree.SubElement(
            suite, "testcase", classname=result["scenario"], name=f"{check['id']} {check['name']}"
        )
        if check["status"] == "fail":
            failure = ElementTree.SubElement(case, "failure", message=f"{check['id']} fails")
            failure.text = "\n".join(
                f"{' · '.join(v['witness'])}: expected {v['expected']}, actual {v['actual']}"
                for v in check["violations"]
            )
        elif check["status"] == "unknown":
            ElementTree.SubElement(case, "error", message="nothing was compared")
        elif check["status"] == "not_applicable":
            ElementTree.SubElement(case, "skipped", message="nothing expected and nothing found")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite)
