"""Parquet files joined without reading a row of them: row groups are copied as they lie, under one footer.

A table of tens of millions of rows is published part by part, and its Parquet file is one: to encode the rows of all
parts for one that changed would cost more than all else of a new month. Here belongs the layout of the file, no more of
it than that takes. Not here: what a file holds, and when it is written (warehouse.py).

Source: Apache Parquet format 2.11, `parquet.thrift`, and Thrift's compact protocol; numbers of fields are theirs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"PAR1"
BUFFER = 1 << 23

# Thrift's compact protocol: a struct is read as a list of [number, kind, value], a list as (kind of each, values).
TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 12
FILE_SCHEMA, FILE_ROWS, FILE_ROW_GROUPS = 2, 3, 4
GROUP_COLUMNS, GROUP_ROWS, GROUP_OFFSET, GROUP_ORDINAL = 1, 3, 5, 7
CHUNK_OFFSET, CHUNK_META, CHUNK_INDEXES = 2, 3, (4, 5, 6, 7)
META_SIZE, META_DATA, META_INDEX, META_DICTIONARY, META_BLOOM = 7, 9, 10, 11, (14, 15)


@dataclass(frozen=True)
class Piece:
    """Row groups of a file that follow one another."""

    file: Path
    first: int
    count: int


def row_groups(file: Path) -> int:
    """How many row groups a file has."""
    return len(_get(_footer(file), FILE_ROW_GROUPS)[1])


def join(pieces: Iterable[Piece], target: Path) -> int:
    """Write the row groups of the pieces to one file, in their order. Returns its rows. A piece is read when its turn
    comes, and no longer when the next one is asked for.

    Raises ValueError where the pieces are not of one schema, or hold what lies outside of row groups (page indexes,
    Bloom filters): nothing of the kind is written here.
    """
    joined: list | None = None
    groups: list[list] = []
    with target.open("wb") as out:
        out.write(MAGIC)
        for piece in pieces:
            footer = _footer(piece.file)
            if joined is None:
                joined = footer
            elif _get(footer, FILE_SCHEMA) != _get(joined, FILE_SCHEMA):
                raise ValueError(f"{piece.file} has another schema than the pieces before it.")
            wanted = _get(footer, FILE_ROW_GROUPS)[1][piece.first : piece.first + piece.count]
            if len(wanted) != piece.count:
                raise ValueError(f"{piece.file} has no {piece.count} row groups from number {piece.first} on.")
            with piece.file.open("rb") as source:
                for group in wanted:
                    start, size = _extent(group)
                    _move(group, out.tell() - start)
                    _set(group, GROUP_ORDINAL, len(groups))
                    source.seek(start)
                    _copy(source, out, size)
                    groups.append(group)
        if joined is None:
            raise ValueError("There is nothing to join.")
        rows = sum(_get(group, GROUP_ROWS) for group in groups)
        _set(joined, FILE_ROWS, rows)
        _set(joined, FILE_ROW_GROUPS, (STRUCT, groups))
        footer = bytearray()
        _write(footer, STRUCT, joined)
        out.write(footer + struct.pack("<I", len(footer)) + MAGIC)
    return rows


def _footer(file: Path) -> list:
    with file.open("rb") as opened:
        opened.seek(-8, 2)
        size, magic = struct.unpack("<I4s", opened.read(8))
        if magic != MAGIC:
            raise ValueError(f"{file} is no Parquet file.")
        opened.seek(-8 - size, 2)
        return _read(opened.read(size), 0, STRUCT)[0]


def _extent(group: list) -> tuple[int, int]:
    """Where the bytes of a row group begin, and how many they are."""
    metas = [_get(chunk, CHUNK_META) for chunk in _get(group, GROUP_COLUMNS)[1]]
    starts = [min(at for f in (META_DICTIONARY, META_DATA) if (at := _get(meta, f)) is not None) for meta in metas]
    return min(starts), sum(_get(meta, META_SIZE) for meta in metas)


def _move(group: list, by: int) -> None:
    """Say of a row group that it lies so many bytes further on."""
    _shift(group, GROUP_OFFSET, by)
    for chunk in _get(group, GROUP_COLUMNS)[1]:
        meta = _get(chunk, CHUNK_META)
        if any(_get(chunk, f) is not None for f in CHUNK_INDEXES) or any(_get(meta, f) is not None for f in META_BLOOM):
            raise ValueError("A row group has indexes or Bloom filters, which lie outside of it.")
        if _get(chunk, CHUNK_OFFSET):  # 0 where its writer does not say
            _shift(chunk, CHUNK_OFFSET, by)
        for field in (META_DATA, META_INDEX, META_DICTIONARY):
            _shift(meta, field, by)


def _copy(source, out, size: int) -> None:
    while size:
        read = source.read(min(size, BUFFER))
        if not read:
            raise ValueError("A row group ends before its size.")
        out.write(read)
        size -= len(read)


# ---------------------------------------------------------------------------------------------------- Thrift


def _get(fields: list, number: int) -> Any:
    return next((value for found, _, value in fields if found == number), None)


def _set(fields: list, number: int, value: Any) -> None:
    """Change a field that is there."""
    for field in fields:
        if field[0] == number:
            field[2] = value


def _shift(fields: list, number: int, by: int) -> None:
    if (value := _get(fields, number)) is not None:
        _set(fields, number, value + by)


def _read(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    """The value of a kind at a place, and the place behind it."""
    if kind == BYTE:
        return data[at], at + 1
    if kind in (I16, I32, I64):
        value, at = _varint(data, at)
        return (value >> 1) ^ -(value & 1), at
    if kind == DOUBLE:
        return data[at : at + 8], at + 8
    if kind == BINARY:
        size, at = _varint(data, at)
        return data[at : at + size], at + size
    if kind == LIST:
        size, of, at = data[at] >> 4, data[at] & 15, at + 1
        if size == 15:
            size, at = _varint(data, at)
        values = []
        for _ in range(size):
            value, at = _read(data, at, BYTE if of in (TRUE, FALSE) else of)
            values.append(value)
        return (of, values), at
    if kind == STRUCT:
        fields, number = [], 0
        while data[at]:
            step, of, at = data[at] >> 4, data[at] & 15, at + 1
            if step:
                number += step
            else:
                number, at = _read(data, at, I16)
            value = None
            if of not in (TRUE, FALSE):  # those say it all
                value, at = _read(data, at, of)
            fields.append([number, of, value])
        return fields, at + 1
    raise ValueError(f"A Parquet footer holds a value of the kind {kind}, which none should.")


def _write(out: bytearray, kind: int, value: Any) -> None:
    if kind == BYTE:
        out.append(value)
    elif kind in (I16, I32, I64):
        _write_varint(out, (value << 1) ^ (value >> 63))
    elif kind == DOUBLE:
        out += value
    elif kind == BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind == LIST:
        of, values = value
        out.append(min(len(values), 15) << 4 | of)
        if len(values) >= 15:
            _write_varint(out, len(values))
        for one in values:
            _write(out, BYTE if of in (TRUE, FALSE) else of, one)
    else:
        before = 0
        for number, of, one in value:
            step = number - before
            if 0 < step < 16:
                out.append(step << 4 | of)
            else:
                out.append(of)
                _write(out, I16, number)
            if of not in (TRUE, FALSE):
                _write(out, of, one)
            before = number
        out.append(0)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7


def _write_varint(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
