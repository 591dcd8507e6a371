"""What pdfminer may unpack of one file: it knows no limits itself, and a few bytes can stand for gigabytes."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from explainer.homework.submissions.base import Broken
from explainer.i18n.bilingual import Bi

MAX_UNPACKED = 60_000_000  # bytes of all streams of a file together
MAX_ROW = 1_000_000  # bytes of a row of a predictor
TOO_MUCH = Bi(
    zh="这个PDF解开之后太大，没有读；请另存为较小的PDF再交。",
    en="This PDF is too large when unpacked and was not read; save it as a smaller PDF and hand it in again.",
)


@contextmanager
def unpacking_bounded() -> Iterator[None]:
    """Inside, pdfminer raises Broken beyond MAX_UNPACKED bytes. Its decoders are exchanged for ours, and put back."""
    from pdfminer import pdftypes

    left = MAX_UNPACKED

    def taken(piece: bytes) -> bytes:
        nonlocal left
        left -= len(piece)
        if left < 0:
            raise Broken(TOO_MUCH)
        return piece

    class Unpacker:
        def __init__(self) -> None:
            self.unpacker = zlib.decompressobj()

        def decompress(self, data: bytes) -> bytes:
            return taken(self.unpacker.decompress(data, left + 1))

    class Zlib:
        error = zlib.error
        decompressobj = Unpacker

        @staticmethod
        def decompress(data: bytes) -> bytes:
            unpacker = zlib.decompressobj()
            piece = taken(unpacker.decompress(data, left + 1))
            if not unpacker.eof:
                raise zlib.error("incomplete")
            return piece

    def lzw(data: bytes) -> bytes:
        from pdfminer.lzw import LZWDecoder

        return b"".join(taken(piece) for piece in LZWDecoder(io.BytesIO(data)).run())

    def run_lengths(data: bytes) -> bytes:
        from pdfminer.runlength import rldecode

        if 64 * len(data) > left:
            raise Broken(TOO_MUCH)
        return taken(rldecode(data))

    def png(pred: int, colors: int, columns: int, bits: int, data: bytes) -> bytes:
        from pdfminer.utils import apply_png_predictor

        if not 0 < colors * columns * bits <= 8 * MAX_ROW or columns > MAX_ROW:
            raise Broken(TOO_MUCH)
        return apply_png_predictor(pred, colors, columns, bits, data)

    ours: dict[str, Any] = {"zlib": Zlib, "lzwdecode": lzw, "rldecode": run_lengths, "apply_png_predictor": png}
    theirs = {name: getattr(pdftypes, name) for name in ours}
    try:
        for name, decoder in ours.items():
            setattr(pdftypes, name, decoder)
        yield
    finally:
        for name, decoder in theirs.items():
            setattr(pdftypes, name, decoder)
