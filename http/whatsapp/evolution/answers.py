"""What an unwelcome answer of the gateway means. Pure: a status and a body in, an error out.

The gateway's error bodies are not uniform (a text, a list, a list in a list, an object, a proxy's HTML), so they are
flattened into lines first and judged by status and words. For requests that must not happen twice, the rule is: only
what the gateway says *before* it hands a message to its socket counts as not done.

    400, a list in a list        its schema check, before anything                  refused
    400, exists:false            the look-up of the number, before the send         refused: not on WhatsApp
    400, "Connection Closed"     the socket was gone when the message was written   not done
    400, "Error: …", "TypeError: …", "[object Object]", "Timed Out", "AggregateError"
                                 anything thrown between typing and storing: the database failing after the send
                                 looks the same as the send itself failing          uncertain
    400, other words             a rule of the gateway's, before anything           refused
    500, "Connection Closed"     the socket was gone at the look-up of the number   not done
    400 or 500, "… (reading 'textMessage')" and the like
                                 the instance is not loaded or has no socket        not done
    500, a list, of `sendMedia`  reading or uploading the file, before the send:
                                 "Input buffer …" and the like                      refused: the picture
                                 anything else ("Media upload failed …")            not done
    503, 521, 522, 523, 525, 526 not taken on (starting, licence, no way through)   not done
    other 5xx (502, 504, 520 …)  a proxy lost the answer, or a bug                  uncertain
    3xx, 404 from another hand, 408, 425, 429                                       not done

What tells that the gateway or the number's socket is not there (no way through, not loaded, not connected, our key not
taken) is `away`; a 400 or a 500 for one request is not, whatever it says of that request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from plixa.http.whatsapp.evolution.errors import (
    GatewayDown,
    GatewayError,
    GatewayNotFound,
    GatewayRefused,
    GatewayUnauthorized,
    GatewayUncertain,
    NameTaken,
    NotOnWhatsApp,
    PictureRefused,
)
from plixa.http.whatsapp.evolution.payload import Json, mapping, scrub, sequence

_MAX_LINES = 10
_MAX_LINE = 300
_MAX_DEPTH = 5

_NOT_STARTED = re.compile(
    r"Connection Closed|\(reading '(?:textMessage|mediaMessage|audioWhatsapp|whatsappNumber|onWhatsApp|sendMessage"
    r"|waUploadToServer|presenceSubscribe|readMessages|updateMediaMessage)'\)"
)
_NO_PICTURE = re.compile(r"Input (?:buffer|image|file) |unsupported image format|load_buffer|\bheif\b|\bVips")
"""What sharp says, with which the gateway reads pictures, and libvips below it."""
_THROWN = re.compile(r"\b[A-Za-z]*Error\b|\[object Object\]|Timed Out")
_NO_WAY_THROUGH = frozenset({503, 521, 522, 523, 525, 526})
_NOT_TAKEN_ON = frozenset({408, 425, 429})


def failure(status: int, body: object, *, once: bool, prepares: bool = False) -> GatewayError:
    """The error for an answer that is not 2xx. once: the request must not happen twice, so doubt matters.

    prepares: the gateway works on a file first, and what goes wrong with that is a 500 with a list.
    """
    line = "; ".join(said(body)) or "no explanation"
    if status == 401:
        return GatewayUnauthorized(
            "The gateway does not take our API key: check the key in the settings.", answered=401, away=True
        )
    if status == 403:
        return _forbidden(line)
    if status == 404:
        return _missing(body, line)
    if status == 400 and _has_no_account(body):
        return NotOnWhatsApp("This number has no WhatsApp account: check it, or try its other form.", answered=400)
    if _certainly_not_done(status, line):
        message = f"The gateway could not do it now ({status}: {line}). Try again later."
        return GatewayDown(message, answered=status, away=True)
    if prepares and status == 500 and isinstance(_response(body).get("message"), list):
        return _not_prepared(line)
    if status >= 500 or _THROWN.search(line):
        what = f"The gateway failed on the way ({status}: {line})"
        return doubt(what, once=once, answered=status, away=status > 500)
    message = f"The gateway refused the request ({status}: {line}). Correct it first."
    return GatewayRefused(message, answered=status, said=line)


def doubt(what: str, *, once: bool, answered: int | None = None, away: bool = False) -> GatewayError:
    """The error for what may or may not have happened; harmless where repeating is."""
    if once:
        message = f"{what}. It may have been done: it is looked for before any second try."
        return GatewayUncertain(message, answered=answered, away=away)
    return GatewayDown(f"{what}. Try again later.", answered=answered, away=away)


def _not_prepared(line: str) -> GatewayError:
    if _NO_PICTURE.search(line):
        message = f"WhatsApp's gateway cannot read this picture ({line}). Send it as a document, or in another format."
        return PictureRefused(message, answered=500, said=line)
    return GatewayDown(f"The gateway could not prepare the file ({line}). Try again later.", answered=500, said=line)


def said(body: object) -> list[str]:
    """The words of an error body, however they are nested, at most ten lines of 300 characters."""
    fields = mapping(body)
    for found in (mapping(fields.get("response")).get("message"), fields.get("message"), fields.get("error"), body):
        if lines := list(_lines(found, _MAX_DEPTH)):
            return lines[:_MAX_LINES]
    return []


def _lines(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield scrub(value).strip()[:_MAX_LINE]
    elif depth:
        for item in sequence(value)[:_MAX_LINES]:
            yield from _lines(item, depth - 1)


def _forbidden(line: str) -> GatewayError:
    if "already in use" in line:
        return NameTaken("The gateway has an instance of this name already: use it or choose another.", answered=403)
    message = f"The gateway forbids the request (403: {line}). Check what the key may do."
    return GatewayRefused(message, answered=403, said=line)


def _missing(body: object, line: str) -> GatewayError:
    ours = mapping(body).get("response") is not None  # a proxy in front says "not found" of the whole gateway
    if ours and ("does not exist" in line or "not found" in line):
        message = "The gateway does not know this instance: create it again."
        return GatewayNotFound(message, answered=404, away=True)
    if mapping(body).get("response"):
        message = f"The gateway has no such call ({line}): it must be Evolution API 2.3."
        return GatewayRefused(message, answered=404, said=line)
    message = "Something else than the gateway answered (404): check the gateway's URL."
    return GatewayDown(message, answered=404, away=True)


def _has_no_account(body: object) -> bool:
    return any(mapping(item).get("exists") is False for item in sequence(_response(body).get("message")))


def _response(body: object) -> Json:
    return mapping(mapping(body).get("response"))


def _certainly_not_done(status: int, line: str) -> bool:
    if 300 <= status < 400 or status in _NOT_TAKEN_ON or status in _NO_WAY_THROUGH:
        return True
    return status in (400, 500) and _NOT_STARTED.search(line) is not None
