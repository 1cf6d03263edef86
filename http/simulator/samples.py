"""Files for customers who send one without saying which: a photo, a sticker, a voice note, a document, all genuine.

The voice note is silence in Ogg/Opus and the document a one-page PDF, both made here; the pictures lie in `page/`.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

PAGE_DIR = Path(__file__).parent / "page"
_OPUS_SILENCE = b"\xf8\xff\xfe"  # one frame of 20 ms: CELT, full band, mono
_FRAMES_A_SECOND = 50
_OPUS_RATE = 48_000  # granule positions count at this rate, whatever the recording's was
_SERIAL = 0x504C4958


@cache
def photo() -> bytes:
    """A JPEG of 640 x 480."""
    return (PAGE_DIR / "sample.jpg").read_bytes()


@cache
def thumbnail() -> bytes:
    """The same photo in about a kilobyte."""
    return (PAGE_DIR / "thumbnail.jpg").read_bytes()


@cache
def sticker() -> bytes:
    """A WebP of 192 x 192."""
    return (PAGE_DIR / "sample.webp").read_bytes()


@cache
def voice_note(seconds: int) -> bytes:
    """That many seconds of silence, mono Ogg/Opus; browsers and phones play it."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, _OPUS_RATE, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 9) + b"simulator" + struct.pack("<I", 0)
    pages = [_ogg_page([head], 0, 0, first=True), _ogg_page([tags], 0, 1)]
    for second in range(1, seconds + 1):
        frames = [_OPUS_SILENCE] * _FRAMES_A_SECOND
        pages.append(_ogg_page(frames, second * _OPUS_RATE, second + 1, last=second == seconds))
    return b"".join(pages)


def ogg_seconds(data: bytes) -> int | None:
    """How long an Ogg/Opus recording is, from the position of its last page; None if it is none."""
    last = data.rfind(b"OggS")
    if not data.startswith(b"OggS") or len(data) < last + 14:
        return None
    position: int = struct.unpack_from("<q", data, last + 6)[0]
    return max(1, round(position / _OPUS_RATE))


@cache
def document() -> bytes:
    """A PDF of one page with one line on it."""
    text = b"BT /F1 24 Tf 72 760 Td (Invoice 2291) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    return _pdf(objects)


def _pdf(objects: list[bytes]) -> bytes:
    out, offsets = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def _ogg_page(packets: list[bytes], position: int, number: int, *, first: bool = False, last: bool = False) -> bytes:
    flags = (2 if first else 0) | (4 if last else 0)
    header = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, _SERIAL, number, 0)
    body = bytes([len(packets)]) + bytes(len(packet) for packet in packets) + b"".join(packets)
    checksum = struct.pack("<I", _ogg_checksum(header + body))
    return header[:22] + checksum + body


def _ogg_checksum(data: bytes) -> int:
    # CRC-32 with the usual polynomial, but neither reflected nor inverted, so zlib's does not serve.
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
