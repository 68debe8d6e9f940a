"""Write a firm to files: one file an entity, Parquet, NDJSON or CSV; the same bytes for the same firm.

The only module of the generator that touches the disk.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from mocks.firm.firm import Firm
from mocks.firm.tables import DAY, FLAG, INTEGER, JSON, Column, small_tables, time_entry_chunks

FORMATS = ("parquet", "ndjson", "csv")
Chunk = tuple[Column, ...]


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
    for kind, chunks in _tables(firm):
        path = directory / f"{_snake(kind)}.{file_format}"
        if file_format == "parquet":
            _write_parquet(arrow, path, chunks)
        elif file_format == "csv":
            _write_bytes(path, _csv(chunks))
        else:
            _write_bytes(path, _ndjson(chunks))
        written.append(path)
    return tuple(written)


def _tables(firm: Firm) -> Iterator[tuple[str, Iterable[Chunk]]]:
    for kind, columns in small_tables(firm):
        yield kind, (columns,)
    yield "TimeEntry", time_entry_chunks(firm)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _write_bytes(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("wb") as target:
        target.writelines(parts)


def _rows(chunk: Chunk) -> Iterator[tuple[object, ...]]:
    return zip(*(column.plain() for column in chunk), strict=True)


def _ndjson(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for chunk in chunks:
        names = [column.name for column in chunk]
        yield b"".join(encoder.encode(dict(zip(names, row, strict=True))) + b"\n" for row in _rows(chunk))


def _csv(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    for number, chunk in enumerate(chunks):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if number == 0:
            writer.writerow([column.name for column in chunk])
        writer.writerows(zip(*(_csv_values(column) for column in chunk), strict=True))
        yield text.getvalue().encode()


def _csv_values(column: Column) -> list[object]:
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


def _arrow_array(arrow: Any, column: Column) -> Any:
    if column.pool is not None:
        places = arrow.array(column.values, type=arrow.int32())
        return arrow.DictionaryArray.from_arrays(places, arrow.array(column.pool, type=arrow.string()))
    if column.kind == JSON:
        return arrow.array([_json_text(value) for value in column.values], type=arrow.string())
    types = {INTEGER: arrow.int64(), FLAG: arrow.bool_(), DAY: arrow.date32()}
    return arrow.array(column.values, type=types.get(column.kind, arrow.string()))
