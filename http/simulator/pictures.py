"""Whether the gateway could read a picture: it writes every image anew, as JPEG, before it sends it.

The original reads with sharp, we with Pillow, of the formats that both know. Bounded: a picture of more pixels than
`MOST_PIXELS` is believed by its head, for decoding it would cost too much.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import trio
from PIL import Image, UnidentifiedImageError

from .errors import GatewayError

MOST_PIXELS = 25_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF")
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error)
_at_once = trio.CapacityLimiter(2)


async def must_be_readable(data: bytes) -> None:
    """Raises GatewayError 500, with a list, for what is no picture that the gateway can read."""
    if trouble := await trio.to_thread.run_sync(_trouble, data, limiter=_at_once):
        raise GatewayError(500, [f"Error: {trouble}"])


def _trouble(data: bytes) -> str | None:
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height <= MOST_PIXELS:
                image.load()
    except _BOMB:
        return "Input image exceeds pixel limit"
    except UnidentifiedImageError:
        return "Input buffer contains unsupported image format"
    except _BROKEN as error:
        return f"Input buffer has corrupt header: {type(error).__name__}"
    return None
