"""Columns as bytes: the same text as a row-by-row writer would give."""

import csv as csv_module
import io
import json

import numpy as np

from mocks.firm.vectors import (
    INTEGER,
    TEXT,
    Digits,
    Pooled,
    Vector,
    csv,
    day_column,
    flag_column,
    ndjson,
    pooled,
)

NUMBERS = np.array([0, 7, 10, 1_767_225_600_000], dtype=np.int64)
GAPS = np.array([False, True, False, True])
TEXTS = ("plain", 'a "quoted", text', "Zoë\\", "")


def chunk() -> tuple[Vector, ...]:
    places = np.arange(4)
    return (
        Vector("bk", TEXT, ("TC-", Digits(NUMBERS, 10), "|", Pooled(places % 2, ("Mon", "Tue")))),
        Vector("count", INTEGER, (Digits(NUMBERS),)),
        Vector("maybe", INTEGER, (Digits(NUMBERS),), GAPS),
        Vector("text", TEXT, (Pooled(places, TEXTS),)),
        pooled(
            "who", np.array([5, -1, 9, 5]), lambda code: f"P{code}", np.array([False, True, False, False])
        ),
        day_column("day", np.array([20_454, 20_455, 20_454, 20_460], dtype=np.int64)),
        flag_column("good", GAPS),
    )


def test_ndjson__is_what_was_put_in() -> None:
    rows = [json.loads(line) for line in ndjson(chunk()).splitlines()]
    columns = {column.name: column.plain() for column in chunk()}
    columns["day"] = ["2026-01-01", "2026-01-02", "2026-01-01", "2026-01-07"]
    assert rows == [{name: columns[name][row] for name in columns} for row in range(4)]
    assert rows[1]["bk"] == "TC-0000000007|Tue"
    assert [row["text"] for row in rows] == list(TEXTS)
    assert [row["maybe"] for row in rows] == [0, None, 10, None]
    assert [row["who"] for row in rows] == ["P5", None, "P9", "P5"]


def test_csv__is_what_was_put_in() -> None:
    rows = list(csv_module.reader(io.StringIO(csv(chunk()).decode())))
    assert [row[3] for row in rows] == list(TEXTS)
    assert rows[1] == ["TC-0000000007|Tue", "7", "", TEXTS[1], "", "2026-01-02", "true"]


def test_digits__have_no_more_zeros_than_asked_for() -> None:
    column = Vector("n", INTEGER, (Digits(NUMBERS),))
    assert csv((column,)) == b"0\n7\n10\n1767225600000\n"
