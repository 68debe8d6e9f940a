"""Whether and where a mock's spans go; the tracing library is imported only when somebody asks for them."""

from mocks.kit.system import MockSystem

TRACES_VARIABLE = "REHEARSE_TRACES"


class NoTraces(Exception):
    """Spans cannot be written where they were asked for; the text is the sentence for people."""


def trace_to(system: MockSystem, target: str) -> None:
    """Have a mock's spans written to a file or a collector, where one is named; raises NoTraces."""
    if target:
        from mocks.kit.spans import spans_to

        system.spans = spans_to(target, system.vendor.name)
