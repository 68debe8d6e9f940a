"""One seed, one firm: whatever the process, the time zone, the chunk size or the streams beside."""

import os
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

from mocks.firm.cards import Cards, Entries, card_person
from mocks.firm.firm import Firm
from mocks.firm.generate import generate
from mocks.firm.hashing import Stream
from mocks.firm.profile import profile_named

GOLDEN = {
    "deal": "e24aa5f04cdb002dae60f14a34ded4053ca9af672a5e9c51477d21e771623b1a",
    "tiny": "9de3fbf126e7215ad570c0040f1981e0c66dae95323618f4a417a81f17fc7d44",
}
PROGRAM = """
from mocks.firm.generate import generate
from mocks.firm.profile import profile_named
print(generate(profile_named("tiny"), 99).digest())
"""


@pytest.mark.parametrize("preset", sorted(GOLDEN))
def test_golden_digest__stands(preset: str) -> None:
    assert generate(profile_named(preset), 1).digest() == GOLDEN[preset]


def test_digest__does_not_depend_on_process_hash_seed_or_time_zone() -> None:
    seen = set()
    for hash_seed, zone, locale in (("0", "UTC", "C"), ("4242", "Asia/Kathmandu", "C.UTF-8")):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": locale}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
        )
        seen.add(run.stdout.strip())
    assert seen == {generate(profile_named("tiny"), 99).digest()}


@pytest.mark.parametrize("chunk_size", [1, 7, 333])
def test_chunk_size__does_not_matter(chunk_size: int) -> None:
    profile = profile_named("small")
    assert generate(profile, 5, chunk_size).digests() == generate(profile, 5).digests()


def test_one_person_made_alone__equals_the_slice_of_the_whole() -> None:
    firm = generate(profile_named("small"), 8)
    for person in (1, 17, 49):
        alone = firm.entries_of(person)
        whole = firm.sheets
        for table, part in ((whole.entries, alone.entries), (whole.cards, alone.cards)):
            number = table.card if isinstance(table, Entries) else table.number
            mine = card_person(number) == person
            for field in fields(table):
                assert np.array_equal(getattr(table, field.name)[mine], getattr(part, field.name)), field.name
        assert len(alone.cards.number) > 0


def test_two_seeds__differ() -> None:
    profile = profile_named("deal")
    assert generate(profile, 1).digest() != generate(profile, 2).digest()


def _digests_with_another(stream: str) -> tuple[dict[str, str], dict[str, str]]:
    firm, changed = (Firm(profile_named("tiny"), 3) for _ in range(2))
    changed.world.streams._by_name[stream] = Stream(0xD1CE)
    return firm.digests(), changed.digests()


@pytest.mark.parametrize(
    ("stream", "may_change"),
    [
        ("a.stream.added.later", set()),
        ("client.house", {"facts.Account"}),
        ("assignment.digits", {"facts.Assignment"}),
        (
            "hours.off_grid_size",
            {"entries.hours_e2", "entries.rejected_hours_e2", "entries.corrected_hours_e2"},
        ),
        ("cards.rejected_cell_size", {"entries.rejected_hours_e2"}),
    ],
)
def test_changing_one_stream__leaves_all_other_columns_alone(stream: str, may_change: set[str]) -> None:
    before, after = _digests_with_another(stream)
    assert {name for name in before if before[name] != after[name]} <= may_change
    assert len(before) > 20


def test_changing_a_stream_that_is_used__is_seen() -> None:
    before, after = _digests_with_another("hours.total")
    assert before["entries.hours_e2"] != after["entries.hours_e2"]


def test_every_column__has_a_digest() -> None:
    names = generate(profile_named("deal"), 1).digests()
    for prefix, table in (("entries", Entries), ("cards", Cards)):
        assert {f"{prefix}.{field.name}" for field in fields(table)} <= set(names)
