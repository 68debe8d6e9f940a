"""Export: one file an entity, in three formats, the same bytes each time."""

import csv
from pathlib import Path

import msgspec
import pyarrow.parquet as parquet
import pytest

from mocks.firm import tables
from mocks.firm.export import FORMATS, export
from mocks.firm.facts.source import TimeEntry
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.profile import profile_named

ENTITIES = {
    "account",
    "assignment",
    "contract",
    "cost_centre",
    "legal_entity",
    "opportunity",
    "payment_intent",
    "practice",
    "quote",
    "rate_line",
    "resource",
    "service_package",
    "tax_rate",
    "time_entry",
}


@pytest.fixture(scope="module")
def firm() -> Firm:
    return generate(profile_named("deal", consultants=40), 11)


@pytest.mark.parametrize("file_format", FORMATS)
def test_export__writes_one_file_an_entity_with_the_same_bytes(
    firm: Firm, tmp_path: Path, file_format: str
) -> None:
    first = export(firm, tmp_path / "a", file_format)
    second = export(generate(firm.profile, firm.seed, chunk_size=9), tmp_path / "b", file_format)
    assert {path.stem for path in first} == ENTITIES
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_formats__say_the_same_of_every_time_entry(firm: Firm, tmp_path: Path) -> None:
    for file_format in FORMATS:
        export(firm, tmp_path, file_format)
    lines = (tmp_path / "time_entry.ndjson").read_bytes().splitlines()
    from_json = [msgspec.json.decode(line) for line in lines]
    from_parquet = parquet.read_table(tmp_path / "time_entry.parquet").to_pylist()
    with (tmp_path / "time_entry.csv").open(newline="", encoding="utf-8") as source:
        from_csv = list(csv.DictReader(source))
    assert [{**row, "work_date": row["work_date"].isoformat()} for row in from_parquet] == from_json
    assert [(row["bk"], row["hours_e2"]) for row in from_csv] == [
        (r["bk"], str(r["hours_e2"])) for r in from_json
    ]
    assert len(from_json) > firm.counts()["time_entries"]  # corrected versions stand beside the first ones


def test_exported_entries__are_the_last_state_that_the_calendar_reaches(firm: Firm) -> None:
    names = ("card", "hours_e2", "work_date", "note", "status", "submitted_at_ms", "approved_by", "replaces")
    latest = {
        (fact.bk, fact.ver): tuple(getattr(fact, name) for name in names)
        for play in firm.calendar()
        for fact in play.facts
        if isinstance(fact, TimeEntry)
    }
    exported = {}
    for chunk in tables.time_entry_chunks(firm, people_a_chunk=7):
        columns = {column.name: column.plain() for column in chunk}
        for row in range(len(columns["bk"])):
            key = (columns["bk"][row], columns["ver"][row])
            exported[key] = tuple(columns[name][row] for name in names)
    assert exported == latest


def test_unknown_format__is_refused_with_the_known_ones(firm: Firm, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose one of parquet, ndjson, csv"):
        export(firm, tmp_path, "xls")


def test_missing_pyarrow__is_told_in_a_sentence(firm: Firm, tmp_path: Path) -> None:
    def load(name: str) -> object:
        raise ImportError(name)

    with pytest.raises(RuntimeError, match="choose ndjson or csv"):
        export(firm, tmp_path, "parquet", load)
    assert not list(tmp_path.iterdir())
