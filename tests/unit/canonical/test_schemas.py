"""The committed schemas are what the types say, and a change is called what it is."""

import copy
import json
import shutil
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from contracts.canonical import schemas
from contracts.canonical.schemas import Model, NotAcceptable, accept, check, present
from contracts.canonical.shapes import NOBODY, READERS, STORED, compare, schema_of

Plant = Callable[[dict[str, Any]], None]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Paler(Enum):
    RED = "red"


class Wheel(Struct, kw_only=True):
    size: int


class Rim(Struct, kw_only=True):
    size: int


class Sail(Struct, kw_only=True):
    area: int


def shape(**fields: Any) -> dict[str, Any]:
    """Schemas of one entity with these fields: an annotation, or an annotation and a default."""
    namespace = {name: field[1] for name, field in fields.items() if isinstance(field, tuple)}
    hints = {name: field[0] if isinstance(field, tuple) else field for name, field in fields.items()}
    kind = type("Cart", (Struct,), {"__annotations__": hints, **namespace}, kw_only=True)
    return {"Cart": schema_of(kind)}


def said(older: dict[str, Any], newer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.breaks, one.sentence) for one in compare(older, newer)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (int, str, [(STORED, "Cart.load: the type changed from integer to string.")]),
        (int, int | None, [(READERS, "Cart.load: it may now be empty, which older readers do not expect.")]),
        (int | None, int, [(STORED, "Cart.load: it may no longer be empty.")]),
        (int | str, int, [(STORED, "Cart.load: it may no longer be string.")]),
        (int, int | str, [(READERS, "Cart.load: it may now be string, which older readers do not know.")]),
        (Colour, Paler, [(STORED, "Cart.load: it was narrowed: 'blue' is no longer allowed.")]),
        (
            Paler,
            Colour,
            [(READERS, "Cart.load: it was widened: 'blue' is a value that older readers do not know.")],
        ),
        (
            int,
            (int, 1),
            [(NOBODY, "Cart.load: the field was required and is optional.")],
        ),
        (
            (int, 1),
            int,
            [(STORED, "Cart.load: the field was optional and is required; what is stored may lack it.")],
        ),
        (
            (int, 1),
            (int, 2),
            [
                (
                    STORED,
                    "Cart.load: the default changed from 1 to 2; what is stored without the field would"
                    " change its meaning.",
                )
            ],
        ),
        (list[int], list[str], [(STORED, "Cart.load[]: the type changed from integer to string.")]),
        (dict[str, int], dict[str, str], [(STORED, "Cart.load{}: the type changed from integer to string.")]),
        (Wheel, Rim, []),
        (
            tuple[Wheel, ...] | None,
            tuple[Sail, ...] | None,
            [
                (STORED, "Cart.load[].area: a new field is required; what is stored lacks it."),
                (READERS, "Cart.load[].size: the field was removed; older readers look for it."),
            ],
        ),
    ],
)
def test_change_of_a_field__is_named_with_whom_it_breaks(
    before: Any, after: Any, expected: list[tuple[str, str]]
) -> None:
    assert said(shape(load=before), shape(load=after)) == expected


def test_fields__are_added_removed_and_renamed() -> None:
    cart = shape(load=int)
    assert said(cart, shape(load=int, note=(str, ""))) == [(NOBODY, "Cart.note: a new optional field.")]
    assert said(cart, shape(load=int, note=str)) == [
        (STORED, "Cart.note: a new field is required; what is stored lacks it.")
    ]
    assert said(cart, shape(weight=int)) == [
        (READERS, "Cart.load: the field was removed; older readers look for it."),
        (STORED, "Cart.weight: a new field is required; what is stored lacks it."),
    ]


def test_entities__are_added_and_removed() -> None:
    cart = shape(load=int)
    assert said({}, cart) == [(NOBODY, "Cart: a new entity.")]
    assert said(cart, {}) == [(STORED, "Cart: the entity is gone; what is stored of it could not be read.")]
    assert said(cart, cart) == []


def test_committed_schemas__are_what_the_types_say() -> None:
    report = check()
    assert (report.problems, report.differences, report.version) == ((), (), 2)


def test_history__version_2_only_gained_what_version_1_did_not_know() -> None:
    before = {path.stem: json.loads(path.read_text()) for path in (schemas.HOME / "v1").glob("*.json")}
    found = compare(before, present().schemas)
    assert [one.path for one in found if one.breaking] == []
    assert [one.path for one in found if "." in one.path] == [
        "Contract.lines[].retainer",
        "Employee.statuses",
        "Employee.weekly_pattern",
        "LegalEntity.holidays",
        "ServicePackage.milestones",
    ]


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A copy of the committed schemas that a test may spoil."""
    return Path(shutil.copytree(schemas.HOME, tmp_path / "canonical", ignore=shutil.ignore_patterns("*.py*")))


def changed(plant: Plant, version: int = 2, *rewritten: str) -> Model:
    """The present model with a plant in its schema of invoices."""
    model = present()
    planted = copy.deepcopy(dict(model.schemas))
    plant(planted["Invoice"]["$defs"]["Invoice"])
    steps = {**model.steps, 2: frozenset(rewritten)}
    return Model(version=version, schemas=planted, steps=steps)


def removed_field(invoice: dict[str, Any]) -> None:
    del invoice["properties"]["ccy"]
    invoice["required"].remove("ccy")


def changed_type(invoice: dict[str, Any]) -> None:
    invoice["properties"]["run"] = {"type": "integer"}


def narrowed_values(invoice: dict[str, Any]) -> None:
    invoice["properties"]["po_number"] = {"type": "string"}


def new_required_field(invoice: dict[str, Any]) -> None:
    invoice["properties"]["incoterm"] = {"type": "string"}
    invoice["required"].append("incoterm")


def new_optional_field(invoice: dict[str, Any]) -> None:
    invoice["properties"]["incoterm"] = {"type": "string", "default": ""}


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (removed_field, "Invoice.ccy: the field was removed; older readers look for it"),
        (changed_type, "Invoice.run: the type changed from string to integer"),
        (narrowed_values, "Invoice.po_number: it may no longer be empty"),
        (new_required_field, "Invoice.incoterm: a new field is required; what is stored lacks it"),
    ],
)
def test_breaking_change_without_a_version__fails_and_cannot_be_accepted(
    committed: Path, plant: Plant, sentence: str
) -> None:
    before = (committed / "v2" / "Invoice.json").read_bytes()
    model = changed(plant)
    (problem,) = [one for one in check(committed, model).problems if one.startswith("Invoice")]
    assert problem.startswith(f"{sentence}; it needs a new version: raise SCHEMA_VERSION")
    with pytest.raises(NotAcceptable, match="raise SCHEMA_VERSION"):
        accept(committed, model)
    assert (committed / "v2" / "Invoice.json").read_bytes() == before


def test_additive_change__fails_until_it_is_accepted(committed: Path) -> None:
    model = changed(new_optional_field)
    assert check(committed, model).problems == (
        "Invoice.incoterm: a new optional field; accept it with `rehearse contracts canonical --accept`.",
    )
    assert accept(committed, model).ok
    assert check(committed, model).ok


def test_new_version__needs_schemas_and_an_upcaster_for_what_the_type_cannot_read(committed: Path) -> None:
    without = changed(new_required_field, 3)
    assert check(committed, without).problems == (
        "Version 3 has no schemas yet; accept it with `rehearse contracts canonical --accept`.",
        "Invoice.incoterm: a new field is required; what is stored lacks it; version 2 can only be read"
        " with an upcaster of Invoice in upcasters.py.",
    )
    with pytest.raises(NotAcceptable, match="upcaster of Invoice"):
        accept(committed, without)
    model = changed(new_required_field, 3, "Invoice")
    assert accept(committed, model).ok
    assert (committed / "v2" / "Invoice.json").read_bytes() == (schemas.HOME / "v2/Invoice.json").read_bytes()


@pytest.mark.parametrize("spoil", ["changed", "removed", "added"])
def test_released_version__never_changes(committed: Path, spoil: str) -> None:
    path = committed / "v1" / ("Extra.json" if spoil == "added" else "Quote.json")
    if spoil == "removed":
        path.unlink()
    else:
        path.write_text("{}\n")
    problem = f"v1/{path.name} is not as it was accepted; restore it as it was committed."
    assert check(committed).problems == (problem,)
    with pytest.raises(NotAcceptable, match=path.name):
        accept(committed)


def test_damaged_files__are_one_sentence_each(committed: Path) -> None:
    (committed / "v1" / "SHA256SUMS").unlink()
    (committed / "v2" / "Quote.json").write_text("{")
    assert check(committed).problems == (
        "v1/SHA256SUMS cannot be read; restore the folder as it was committed.",
        "v2/Quote.json cannot be read as JSON; restore it as it was committed.",
    )


def test_folder_of_a_later_version__is_not_passed_over(committed: Path) -> None:
    (committed / "v3").mkdir()
    (problem,) = check(committed).problems
    assert problem.startswith("v3 is newer than the present version 2")


def test_files__are_the_same_bytes_every_time(tmp_path: Path) -> None:
    schemas.write(tmp_path / "v2", present().schemas)
    made = {path.name: path.read_bytes() for path in (tmp_path / "v2").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (schemas.HOME / "v2").iterdir()}
    assert all(content.endswith(b"}\n") for name, content in made.items() if name.endswith(".json"))
