"""How `digest` writes Arrow arrays, tables, schemas and scalars: by content; chunks, slices and offsets do not count.

Nulls and values are written apart, so that a null, a NaN and a zero are three things.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from framework.archive.digest.arrays import encode_array
from framework.archive.digest.walk import Encoder, Walk

_SHORT_LISTS = (pa.ListArray, pa.LargeListArray, pa.FixedSizeListArray)


def encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of Arrow; None where `__reduce_ex__` tells it well."""
    for base, encode in _KINDS:
        if issubclass(kind, base):
            return encode
    return None


def encode_column(walk: Walk, column: Any) -> None:
    """Emit an array or a chunked array by type and content."""
    walk.emit(b"AA")
    _type(walk, column.type)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # larger than one array can be
            column = pa.concat_arrays([_with_long_offsets(chunk) for chunk in column.chunks])
    _content(walk, column)


def _content(walk: Walk, values: Any) -> None:
    walk.walk(len(values))
    encode_array(walk, values.is_null().to_numpy(zero_copy_only=False))
    kind = values.type
    if isinstance(values, pa.ExtensionArray):
        _content(walk, values.storage)
    elif pa.types.is_dictionary(kind):
        _content(walk, values.dictionary_decode())
    elif pa.types.is_struct(kind):
        for field in values.flatten():  # with the nulls of the struct in each
            _content(walk, field)
    elif isinstance(values, _SHORT_LISTS) and not isinstance(values, pa.MapArray):
        encode_array(walk, _numbers(pc.list_value_length(values)))
        _content(walk, values.drop_null().flatten())
    elif _is_text(kind):
        _texts(walk, values)
    elif pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_fixed_size_binary(kind):
        _fixed_width(walk, values)
    elif not pa.types.is_null(kind):
        walk.walk(values.to_pylist())


def _is_text(kind: Any) -> bool:
    tests = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def _texts(walk: Walk, values: Any) -> None:
    """Emit the lengths of texts, and what they consist of."""
    encode_array(walk, _numbers(pc.binary_length(values)))
    present = values.drop_null()
    wide = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    _, offsets, data = present.buffers()
    if len(present):
        kind = np.dtype("i8" if wide else "i4")
        first = np.frombuffer(offsets, kind, 1, present.offset * kind.itemsize)[0]
        last = np.frombuffer(offsets, kind, 1, (present.offset + len(present)) * kind.itemsize)[0]
        if data is not None:
            walk.emit(memoryview(data)[first:last].cast("B"))


def _fixed_width(walk: Walk, values: Any) -> None:
    kind = values.type
    if pa.types.is_boolean(kind):
        encode_array(walk, values.fill_null(False).to_numpy(zero_copy_only=False))  # noqa: FBT003 - by position only
        return
    width = kind.bit_width // 8
    data = values.buffers()[1]
    whole = np.frombuffer(data, np.uint8, len(values) * width, values.offset * width) if data else np.empty(0, np.uint8)
    rows = whole.reshape(len(values), width)
    if values.null_count:
        rows = rows.copy()
        rows[values.is_null().to_numpy(zero_copy_only=False)] = 0
    encode_array(walk, rows.view(f"f{width}") if pa.types.is_floating(kind) and len(values) else rows)


def _numbers(values: Any) -> Any:
    return values.fill_null(0).to_numpy(zero_copy_only=False).astype("i8")


def _with_long_offsets(values: Any) -> Any:
    if pa.types.is_string(values.type):
        return values.cast(pa.large_string())
    return values.cast(pa.large_binary()) if pa.types.is_binary(values.type) else values


def _type(walk: Walk, kind: Any) -> None:
    walk.text(str(kind))
    if isinstance(kind, pa.ExtensionType):
        walk.walk(kind.__arrow_ext_serialize__())


def _schema(walk: Walk, schema: Any) -> None:
    walk.emit(b"AS")
    walk.walk(len(schema))
    for field in schema:
        _field(walk, field)
    walk.walk(schema.metadata)


def _field(walk: Walk, field: Any) -> None:
    walk.walk((field.name, field.nullable))
    _type(walk, field.type)
    walk.walk(field.metadata)


def _table(walk: Walk, table: Any) -> None:
    walk.emit(b"AT" if isinstance(table, pa.Table) else b"AB")
    _schema(walk, table.schema)
    walk.walk(table.num_rows)
    for column in table.columns:
        encode_column(walk, column)


def _scalar(walk: Walk, scalar: Any) -> None:
    walk.emit(b"A1")
    _type(walk, scalar.type)
    walk.walk((scalar.is_valid, scalar.as_py()))


def _named_type(walk: Walk, kind: Any) -> None:
    walk.emit(b"AY")
    _type(walk, kind)


_KINDS: tuple[tuple[Any, Encoder], ...] = (
    ((pa.Table, pa.RecordBatch), _table),
    ((pa.Array, pa.ChunkedArray), encode_column),
    (pa.Scalar, _scalar),
    (pa.Schema, _schema),
    (pa.Field, _field),
    (pa.DataType, _named_type),
)
