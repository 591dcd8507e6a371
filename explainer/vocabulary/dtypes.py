"""Number formats by name: how many bytes one value takes."""

from __future__ import annotations

_BYTES = {
    1: "bool uint8 int8 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu qint8 quint8",
    2: "float16 bfloat16 int16 uint16",
    4: "float32 int32 uint32 complex32 qint32",
    8: "float64 int64 uint64 complex64",
    16: "complex128",
}
_BY_NAME = {name: size for size, names in _BYTES.items() for name in names.split()}


def itemsize(dtype: str) -> int:
    """The bytes of one value: 4 for `float32`. Raises KeyError for a format that is packed or unknown."""
    return _BY_NAME[dtype]
