"""Figures in, page out: what a reader is told, and above all where ours loses."""

import pytest

from scenarios.bench_rivals import JSON_SERVER, PRISM
from scenarios.report.comparison import NoFigures, comparison, figure, spread
from scenarios.report.measured import Spread

from .figures import core, generation, mocks


def _losses(page: str) -> list[str]:
    part = page.split("## Where ours is slower or larger\n")[1].split("\n## ")[0]
    return [line for line in part.splitlines() if line]


def _row(page: str, begins: str) -> list[str]:
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {begins}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_page__names_the_commands_and_the_machine() -> None:
    page = comparison([generation(), mocks(), core()])
    commands = (
        "rehearse bench generate\nrehearse bench mocks --rounds 3\nrehearse bench core --consultants 300"
    )
    assert commands in page
    assert _row(page, "core | ") == ["core", "2", "24", "3.11.7", "Linux x86_64", "0.3"]
    assert "Not measured" not in page


def test_page__is_the_same_for_the_same_figures_in_one_file_or_in_three() -> None:
    files = [generation(), mocks(), core()]
    together = {key: value for file in files for key, value in file.items()}
    together["measured"] = {name: taken for file in files for name, taken in file["measured"].items()}
    assert comparison([together]) == comparison(files) == comparison(files)


def test_servers__have_rates_and_ratios_with_their_spread() -> None:
    page = comparison([mocks()])
    reads = page.split("| reads |")[1].split("| creates |")[0]
    assert _row(reads, "our Salesforce mock 1.2.3") == [
        "our Salesforce mock 1.2.3",
        "1,000",
        "1,000 (500 to 1,000)",
        "2,000 (1,000 to 2,000)",
        "1.25",
        "9.50",
        "80.0",
        "",
        "",
    ]
    assert _row(reads, "bare FastAPI")[-2:] == ["0.50 (0.50 to 0.80)"] * 2
    assert _row(reads, "json-server")[-2:] == ["4.00 (2.00 to 4.00)"] * 2


def test_losses__are_told_turned_round_and_nothing_else_is() -> None:
    assert _losses(comparison([mocks()])) == [
        "- bare FastAPI answers 2.00 (1.25 to 2.00) times as many reads a second as our mock.",
        "- bare FastAPI answers 2.00 (1.25 to 2.00) times as many reads a CPU second as our mock.",
        "- bare FastAPI takes 60.0 megabytes after the same load, our mock 80.0, "
        "which hold every version of every record and the journal of calls.",
    ]
    assert _losses(comparison([generation()])) == [
        "- Mimesis makes 2.00 (1.82 to 2.22) times as many rows a CPU second as ours as records."
    ]
    assert _losses(comparison([core()])) == [
        "- The naive script is 4.00 (4.00 to 4.00) times as quick from the approved time to the last invoice "
        "as the core on SQLite.",
        "- A workflow an entry gets 5.00 times as many entries a second done as the core on SQLite; "
        "but that is pricing and a row only.",
    ]


def test_no_loss__is_said_too() -> None:
    figures = core()
    del figures["core"]["core on SQLite"]
    assert _losses(comparison([figures])) == ["Nowhere in the figures below."]


def test_rival_that_is_not_installed__has_a_row_and_the_command_that_installs_it() -> None:
    page = comparison([mocks(without=(JSON_SERVER, PRISM))])
    assert page.count("| Prism | not measured |") == 2  # among reads and among creates
    assert f"{JSON_SERVER}: not installed: npm install --prefix DIR json-server@0.17" in page
    assert "export REHEARSE_NPM_BENCH=DIR" in page


def test_generator_that_is_not_installed__has_a_row() -> None:
    page = comparison([generation()])
    assert _row(page, "Snowfakery") == ["Snowfakery", "not installed", "", "", ""]
    assert _row(page, "Faker")[1] == "10,000 (9,000 to 11,000)"
    assert "4,700,000 time entries among 6,000,000 rows of 30 tables in 5.50 CPU seconds" in page


def test_ways__are_summed_over_all_processes() -> None:
    assert _row(comparison([core()]), "core on SQLite") == [
        "core on SQLite",
        "2,000",
        "40",
        "20.0 (18.0 to 22.0)",
        "100",
        "4.00 (4.00 to 4.00)",
        "21.0",
        "4.00",
        "150",
    ]


def test_part_that_was_not_measured__says_how_to() -> None:
    page = comparison([core()])
    assert "Not measured: `rehearse bench mocks --json FILE`" in page
    assert "Not measured: `rehearse bench generate --json FILE`" in page


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([[1, 2]], "no file of figures"),
        ([{"core": {}}], "no file of figures"),
        ([{"measured": {}}], "nothing to compare"),
        ([{"measured": {}, "core": {"naive script": {"entries": "many"}}}], "measure again"),
    ],
)
def test_other_files__are_refused_with_a_sentence(files: list[object], said: str) -> None:
    with pytest.raises(NoFigures, match=said):
        comparison(files)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.456, "0.46"), (9.5, "9.50"), (12.345, "12.3"), (99.96, "100.0"), (1234.5, "1,234")],
)
def test_figure__has_the_digits_that_mean_something(value: float, shown: str) -> None:
    assert figure(value) == shown
    assert spread(Spread(value, value, value)) == f"{shown} ({shown} to {shown})"
