"""The committed schemas of the canonical model: is what is committed still what the types say?

`v<N>/<Entity>.json` holds the schema of an entity in version N, `v<N>/SHA256SUMS` a digest of each
file. Within the present version a type may only gain what breaks nobody, and then the schemas are
accepted anew. Anything else is a new version: raise `SCHEMA_VERSION` in
integration_core/canonical/versions.py, write the step in upcasters.py, accept. The files of a version
that was left behind never change again: rows that were written in it may live for years.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from contracts.canonical.shapes import STORED, Difference, Schema, compare, schema_of
from integration_core.canonical.upcasters import STEPS
from integration_core.canonical.versions import ENTITIES, SCHEMA_VERSION

HOME = Path(__file__).parent
SUMS = "SHA256SUMS"
ACCEPT = "accept it with `rehearse contracts canonical --accept`"
STEP = (
    "it needs a new version: raise SCHEMA_VERSION in integration_core/canonical/versions.py and write the"
    " step in upcasters.py"
)


class Model(Struct, frozen=True, kw_only=True):
    """The canonical model as the code has it now: version, schemas, and which entities a step rewrites."""

    version: int
    schemas: Mapping[str, Schema]
    steps: Mapping[int, frozenset[str]]


class Report(Struct, frozen=True, kw_only=True):
    """What a check found: differences from the committed schemas, and a sentence for each problem."""

    version: int
    entities: int
    differences: tuple[Difference, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the committed schemas are what the types say."""
        return not self.problems


class NotAcceptable(Exception):
    """The present types cannot be accepted; the text has one sentence for each reason."""


def present() -> Model:
    """The model of this code."""
    return Model(
        version=SCHEMA_VERSION,
        schemas={name: schema_of(kind) for name, kind in ENTITIES.items()},
        steps={step: frozenset(upcasters) for step, upcasters in STEPS.items()},
    )


def check(root: Path = HOME, model: Model | None = None) -> Report:
    """Compare the committed schemas below a folder with the present types."""
    model = model or present()
    problems = [*_kept(root, model), *_later(root, model.version)]
    committed, unreadable = _read(_folder(root, model.version))
    problems += unreadable
    differences = compare(committed, model.schemas) if committed else []
    if committed:
        problems += [_demand(one) for one in differences]
        problems += [] if differences else _damaged(root, model.version)
    elif not unreadable:
        problems.append(f"Version {model.version} has no schemas yet; {ACCEPT}.")
    if not any(one.breaking for one in differences):
        problems += _missing_steps(root, model)
    return Report(
        version=model.version,
        entities=len(model.schemas),
        differences=tuple(differences),
        problems=tuple(problems),
    )


def accept(root: Path = HOME, model: Model | None = None) -> Report:
    """Write the present version's schemas and check again; raises NotAcceptable and writes nothing."""
    model = model or present()
    folder = _folder(root, model.version)
    committed, _ = _read(folder)
    broken = [_demand(one) for one in compare(committed, model.schemas) if one.breaking] if committed else []
    reasons = [*_kept(root, model), *_later(root, model.version), *broken, *_missing_steps(root, model)]
    if reasons:
        raise NotAcceptable("\n".join(reasons))
    write(folder, model.schemas)
    return check(root, model)


def write(folder: Path, schemas: Mapping[str, Schema]) -> None:
    """Write a version's folder: one file an entity and their digests, the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.stem not in schemas:
            path.unlink()
    for name, schema in schemas.items():
        (folder / f"{name}.json").write_text(_text(schema), encoding="utf-8")
    sums = "".join(f"{digest}  {name}\n" for name, digest in _sums(folder).items())
    (folder / SUMS).write_text(sums, encoding="utf-8")


def _demand(one: Difference) -> str:
    return f"{one.sentence.removesuffix('.')}; {STEP if one.breaking else ACCEPT}."


def _kept(root: Path, model: Model) -> list[str]:
    """Versions left behind are there and untouched."""
    return [problem for version in range(1, model.version) for problem in _damaged(root, version)]


def _damaged(root: Path, version: int) -> list[str]:
    folder = _folder(root, version)
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return [f"{folder.name}/{SUMS} cannot be read; restore the folder as it was committed."]
    noted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = _sums(folder)
    changed = sorted(name for name in noted.keys() | found.keys() if noted.get(name) != found.get(name))
    return [
        f"{folder.name}/{name} is not as it was accepted; restore it as it was committed." for name in changed
    ]


def _later(root: Path, version: int) -> list[str]:
    numbers = [path.name[1:] for path in sorted(root.glob("v*")) if path.name[1:].isdigit()]
    return [
        f"v{number} is newer than the present version {version}; raise SCHEMA_VERSION or remove the folder."
        for number in numbers
        if int(number) > version
    ]


def _missing_steps(root: Path, model: Model) -> list[str]:
    """What is stored in the version before must be readable: by an upcaster where the type alone cannot."""
    last = model.version - 1
    if last < 1 or _damaged(root, last):
        return []
    before, _ = _read(_folder(root, last))
    rewritten = model.steps.get(last, frozenset())
    unread = [one for one in compare(before, model.schemas) if one.breaks == STORED]
    return [
        f"{one.sentence.removesuffix('.')}; version {last} can only be read with an upcaster"
        f" of {one.entity} in upcasters.py."
        for one in unread
        if one.entity not in rewritten
    ]


def _read(folder: Path) -> tuple[dict[str, Any], list[str]]:
    found, problems = {}, []
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            problems.append(
                f"{folder.name}/{path.name} cannot be read as JSON; restore it as it was committed."
            )
    return ({}, problems) if problems else (found, [])


def _folder(root: Path, version: int) -> Path:
    return root / f"v{version}"


def _sums(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.json"))
    }


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
