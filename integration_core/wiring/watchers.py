"""Who watches a core, by what was asked for: metrics wherever it serves, spans where a target is named.

Their libraries are imported only when they are wanted: a simulation has no use for them and would
pay for them at every start.
"""

from typing import TYPE_CHECKING

from integration_core.wiring.watching import Watch

if TYPE_CHECKING:
    from integration_core.wiring.spans import Spans


def watching(traces: str, seed: str) -> Watch:
    """Metrics, and spans to a file or a collector where one is named; raises NoTraces."""
    from integration_core.wiring.metrics import CoreMetrics

    metrics = CoreMetrics()
    return Watch(metrics, _spans(traces, seed), metrics)


def tracing(traces: str, seed: str) -> Watch:
    """Spans alone where a target is named, else nobody watches; raises NoTraces."""
    return Watch(spans=_spans(traces, seed))


def _spans(traces: str, seed: str) -> "Spans | None":
    if not traces:
        return None
    from integration_core.wiring.spans import spans_to

    return spans_to(traces, seed)
