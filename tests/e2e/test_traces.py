"""One trace from the deal to its invoice, through the core and every system."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from integration_core.adapters.http.correlation import traceparent
from mocks.kit.traces import TRACES_VARIABLE
from tests.e2e.test_deal_to_cash import assert_pass, rehearse
from tests.unit.kit.test_spans import spans_in

Traces = dict[str, list[dict[str, Any]]]


def traces_of(path: Path) -> Traces:
    """All spans by their trace."""
    traces: Traces = defaultdict(list)
    for span in spans_in(path):
        traces[span["traceId"]].append(span)
    return traces


def test_deal__is_one_trace_from_the_crm_to_its_invoice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "spans.ndjson"
    quiet = rehearse(1)
    monkeypatch.setenv(TRACES_VARIABLE, str(path))
    result = rehearse(1)
    assert_pass(result)
    for one in (quiet, result):
        del one["timing"]
    assert result == quiet  # looking on changes nothing
    traces = traces_of(path)
    (root,) = (span for spans in traces.values() for span in spans if _begins_a_deal(span))
    deal = traces[root["traceId"]]
    served = {
        (span["attributes"]["rehearse.system"], span["attributes"]["rehearse.operation"])
        for span in deal
        if span["kind"] == 2
    }
    assert served >= {
        ("netsuite", "upsertCustomer"),
        ("netsuite", "upsertJob"),
        ("certinia", "upsertRecord"),
        ("netsuite", "createInvoice"),
    }
    assert root["spanId"] == traceparent(root["attributes"]["rehearse.contract"]).split("-")[2]
    known = {span["spanId"] for span in deal}
    assert [span["name"] for span in deal if span is not root and span["parentSpanId"] not in known] == []
    _assert_read_from_crm(traces, root)
    _assert_sent_by_the_lane(traces, deal)


def _begins_a_deal(span: dict[str, Any]) -> bool:
    return bool(span["name"] == "read contract" and not span["parentSpanId"])


def _assert_read_from_crm(traces: Traces, root: dict[str, Any]) -> None:
    """A poll reads many deals at once: the deal links to it, and it holds what the CRM served."""
    (link,) = root["links"]
    poll = traces[link["traceId"]]
    assert {span["name"] for span in poll} >= {"run poll", "salesforce queryAll"}


def _assert_sent_by_the_lane(traces: Traces, deal: list[dict[str, Any]]) -> None:
    (call,) = (span for span in deal if span["name"] == "netsuite POST /services/rest/record/v1/invoice")
    (link,) = call["links"]
    (run,) = (span for span in traces[link["traceId"]] if span["spanId"] == link["spanId"])
    assert (run["name"], run["attributes"]["rehearse.key"]) == ("run send", "erp.invoice")
