"""Write a firm to files: one file an entity, Parquet, NDJSON or CSV; the same bytes for the same firm.

The only module of the generator that touches the disk.
"""

import csv as csv_module
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mocks.firm.days import day_number
from mocks.firm.firm import Firm
from mocks.firm.tables import Column, small_tables, time_entry_chunks
from mocks.firm.vectors import DAY, FLAG, INTEGER, JSON, Digits, Pooled, Vector, csv, ndjson

FORMATS = ("parquet", "ndjson", "csv")
Chunk = tuple[Column, ...] | tuple[Vector, ...]
# Row groups of Parquet are large; a chunk of text is as large as a processor's cache.
_PEOPLE_A_CHUNK = {"parquet": 250, "ndjson": 25, "csv": 25}


def export(
    firm: Firm, directory: Path, file_format: str, load: Callable[[str], Any] = import_module
) -> tuple[Path, ...]:
    """Write every entity of a firm into a directory and return the files; ValueError for an unknown format.

    Parquet needs pyarrow, found through `load`: without it a RuntimeError says how to get it.
    """
    if file_format not in FORMATS:
        raise ValueError(f"There is no export format {file_format!r}: choose one of {', '.join(FORMATS)}.")
    arrow = _arrow(load) if file_format == "parquet" else None
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, chunks in _tables(firm, file_format):
        path = directory / f"{_snake(kind)}.{file_format}"
        if file_format == "parquet":
            _write_parquet(arrow, path, chunks)
        elif file_format == "csv":
            _write_bytes(path, _csv(chunks))
        else:
            _write_bytes(path, _ndjson(chunks))
        written.append(path)
    return tuple(written)


def _tables(firm: Firm, file_format: str) -> Iterator[tuple[str, Iterable[Chunk]]]:
    yield from small_tables(firm)
    yield "TimeEntry", time_entry_chunks(firm, _PEOPLE_A_CHUNK[file_format])


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _write_bytes(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("wb") as target:
        target.writelines(parts)


def _vectors(chunk: Chunk) -> tuple[Vector, ...]:
    """The chunk, if it is one of vectors; otherwise nothing."""
    return tuple(column for column in chunk if isinstance(column, Vector))


def _ndjson(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for chunk in chunks:
        if vectors := _vectors(chunk):
            yield ndjson(vectors)
            continue
        names = [column.name for column in chunk]
        rows = zip(*(column.plain() for column in chunk), strict=True)
        yield b"".join(encoder.encode(dict(zip(names, row, strict=True))) + b"\n" for row in rows)


def _csv(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        text = io.StringIO(newline="")
        writer = csv_module.writer(text, lineterminator="\n")
        if number == 0:
            writer.writerow([column.name for column in chunk])
        if vectors := _vectors(chunk):
            yield text.getvalue().encode()
            yield csv(vectors)
            continue
        writer.writerows(zip(*(_csv_values(column) for column in chunk), strict=True))
        yield text.getvalue().encode()


def _csv_values(column: Column | Vector) -> list[object]:
    values = column.plain()
    if column.kind == JSON:
        return [_json_text(value) for value in values]
    if column.kind == FLAG:
        return ["true" if value else "false" for value in values]
    return values


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _arrow(load: Callable[[str], Any]) -> Any:
    """The pyarrow modules, asked for only when Parquet is written."""
    try:
        arrow = load("pyarrow")
        load("pyarrow.parquet")
    except ImportError as error:
        raise RuntimeError(
            "Parquet needs pyarrow: install dress-rehearsal[parquet], or choose ndjson or csv."
        ) from error
    return arrow


def _write_parquet(arrow: Any, path: Path, chunks: Iterable[Chunk]) -> None:
    writer = None
    try:
        for chunk in chunks:
            batch = arrow.RecordBatch.from_arrays(
                [_arrow_array(arrow, column) for column in chunk], names=[column.name for column in chunk]
            )
            if writer is None:
                writer = arrow.parquet.ParquetWriter(path, batch.schema, compression="zstd")
            writer.write_batch(batch)
    finally:
        if writer is not None:
            writer.close()


def _arrow_array(arrow: Any, column: Column | Vector) -> Any:
    if isinstance(column, Vector):
        return _arrow_vector(arrow, column)
    if column.kind == JSON:
        return arrow.array([_json_text(value) for value in column.values], type=arrow.string())
    types = {INTEGER: arrow.int64(), FLAG: arrow.bool_(), DAY: arrow.date32()}
    return arrow.array(column.values, type=types.get(column.kind, arrow.string()))


def _arrow_vector(arrow: Any, column: Vector) -> Any:
    part = column.parts[0]
    if column.kind == INTEGER and isinstance(part, Digits):
        return arrow.array(part.values, type=arrow.int64(), mask=column.missing)
    if column.kind == FLAG and isinstance(part, Pooled):
        return arrow.array(part.places == 1)
    if column.kind == DAY and isinstance(part, Pooled):
        first = day_number(date.fromisoformat(part.pool[0])) if part.pool else 0
        return arrow.array((part.places + first).astype(np.int32)).cast(arrow.date32())
    if len(column.parts) == 1 and isinstance(part, Pooled):
        places = arrow.array(part.places, type=arrow.int32(), mask=column.missing)
        return arrow.DictionaryArray.from_arrays(places, arrow.array(part.pool, type=arrow.string()))
    texts = column.matrix(str.encode)
    ends = np.concatenate(([0], np.cumsum((texts != 0).sum(axis=1)))).astype(np.int32)
    valid = None
    if column.missing is not None:
        valid = arrow.py_buffer(np.packbits(~column.missing, bitorder="little").tobytes())
    data = arrow.py_buffer(texts[texts != 0].tobytes())
    return arrow.StringArray.from_buffers(len(texts), arrow.py_buffer(ends.tobytes()), data, valid)
