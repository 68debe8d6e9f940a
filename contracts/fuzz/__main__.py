"""`python -m contracts.fuzz`: mocks against their descriptions; 0 all well, 1 a finding, 2 no test at all."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from contracts.fuzz.harness import EXAMPLES, SEED, run
from contracts.fuzz.report import junit_of, text_of
from contracts.fuzz.target import Unfit
from contracts.participants import API_PROVIDERS

FOUND, BAD_USAGE = 1, 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence instead of a page of usage."""
        raise Unfit(f"{message[:1].upper()}{message[1:]}.")


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog="python -m contracts.fuzz", description="Mocks against their descriptions.")
    parser.add_argument("--provider", help="one provider; all without it")
    parser.add_argument("--operation", action="append", default=[], help="only this operation id; repeatable")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="examples for each operation")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--junit", type=Path, help="where to write the result for CI")
    given = parser.parse_args(arguments)
    if given.examples < 0:
        raise Unfit("The number of examples is 0 or more.")
    if given.operation and not given.provider:
        raise Unfit("An operation belongs to a provider; name it with --provider.")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Test and print; one sentence on standard error when nothing can be tested."""
    try:
        given = _parsed(sys.argv[1:] if arguments is None else arguments)
        reports = []
        for provider in (given.provider,) if given.provider else API_PROVIDERS:
            reports.append(run(provider, given.examples, given.seed, tuple(given.operation)))
            sys.stdout.write(text_of(reports[-1]) + "\n")
            sys.stdout.flush()
        if given.junit is not None:
            given.junit.write_text(junit_of(reports))
    except (Unfit, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return BAD_USAGE
    return 0 if all(report.passed for report in reports) else FOUND


if __name__ == "__main__":
    sys.exit(main())
