"""An upload to a picture that is nothing but its pixels.

Invariants: the type is read from the content and is one of three; what goes in is never what comes out: the pixels are
decoded and written anew, so metadata, colour profiles, further frames and whatever else was in the file are gone; what
a small file may cost in memory and time is bounded before it is decoded; the work is done in a thread, two at a time.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from functools import partial
from io import BytesIO
from typing import NamedTuple

import trio
from PIL import Image, ImageOps

from plixa.http.clients.pictures.errors import (
    BrokenPicture,
    EmptyPicture,
    PictureError,
    PictureTooLarge,
    WrongPictureType,
)

MAX_PIXELS = 25_000_000
MAX_SIDE = 1024
_FORMATS = ("PNG", "JPEG", "WEBP")
_MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
_SCANS = 100  # of a JPEG; a progressive one has about ten, and each costs a pass over all pixels
_START_OF_SCAN = b"\xff\xda"
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
# What is odd in a stranger's file is no news for our log; what matters raises.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
_cleaning = trio.CapacityLimiter(2)  # 25 million pixels are 100 MB each time


class Picture(NamedTuple):
    """A picture to keep. mime: image/png, image/jpeg or image/webp."""

    data: bytes
    mime: str
    width: int
    height: int


async def clean(data: bytes, *, max_bytes: int, max_side: int = MAX_SIDE, field: str = "image") -> Picture:
    """Read an upload and write it anew, no side longer than `max_side` pixels. field: what errors call it.

    Raises the subclasses of `PictureError`.
    """
    return await trio.to_thread.run_sync(
        partial(clean_sync, data, max_bytes=max_bytes, max_side=max_side, field=field), limiter=_cleaning
    )


def clean_sync(data: bytes, *, max_bytes: int, max_side: int = MAX_SIDE, field: str = "image") -> Picture:
    """As `clean`, in this thread."""
    if not data:
        raise EmptyPicture(field, "The file is empty. Choose a PNG, JPEG or WebP picture.")
    if len(data) > max_bytes:
        raise PictureTooLarge(field, f"The file is larger than {max_bytes // 1024} KB. Choose a smaller one.")
    try:
        with _opened(data, field) as image:
            return _rewritten(image, max_side)
    except _BOMB:
        raise _too_many_pixels(field) from None
    except _BROKEN as error:
        raise BrokenPicture(field, "The picture is damaged or incomplete. Save it anew and try again.") from error


def mime_of(data: bytes) -> str | None:
    """The type of a picture that we wrote, by its first bytes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _opened(data: bytes, field: str) -> Image.Image:
    """Only the head is read here; every limit is looked at before a pixel is."""
    if mime_of(data) is None:
        raise _wrong_type(field)
    image = Image.open(BytesIO(data), formats=_FORMATS)
    if image.format not in _MIMES:
        raise _wrong_type(field)
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels(field)
    if image.format in ("JPEG", "MPO") and data.count(_START_OF_SCAN) > _SCANS:
        raise BrokenPicture(field, "The picture is stored in too many passes. Save it anew as an ordinary JPEG.")
    return image


def _rewritten(image: Image.Image, max_side: int) -> Picture:
    mime = _MIMES[str(image.format)]
    image.seek(0)
    if mime == "image/jpeg":
        image.draft("RGB", (max_side * 2, max_side * 2))  # a large one is not decoded in full
    image.load()
    upright = ImageOps.exif_transpose(image)
    pixels = _plain(upright)
    pixels.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    bare = Image.new(pixels.mode, pixels.size)  # a new one, since saving carries over what else an image holds
    bare.paste(pixels)
    return Picture(_encoded(bare, mime), mime, bare.width, bare.height)


def _plain(image: Image.Image) -> Image.Image:
    """In RGB, or RGBA if something shows through."""
    if image.mode.startswith("I;16") or image.mode == "I":
        image = Image.eval(image.convert("I"), lambda value: value / 256).convert("L")  # 16 bits a pixel
    see_through = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    return image.convert("RGBA" if see_through else "RGB")


def _encoded(image: Image.Image, mime: str) -> bytes:
    file = BytesIO()
    if mime == "image/png":
        image.save(file, "PNG", optimize=True)
    elif mime == "image/jpeg":
        image.convert("RGB").save(file, "JPEG", quality=88, optimize=True, progressive=True)
    else:
        image.save(file, "WEBP", quality=90, method=4)
    return file.getvalue()


def _wrong_type(field: str) -> PictureError:
    return WrongPictureType(field, "Only PNG, JPEG and WebP pictures are taken, and this file is none of them.")


def _too_many_pixels(field: str) -> PictureError:
    return PictureTooLarge(
        field, f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller."
    )
