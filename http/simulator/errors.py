"""The errors that a caller may get, in the gateway's shape: `{"status", "error", "response": {"message"}}`.

`message` is not uniform in the original and is therefore not made uniform here: each constructor says what it gives.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class GatewayError(Exception):
    """Ends a request with `status` and the gateway's error body."""

    def __init__(self, status: int, message: object, *, reason: str | None = None) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.reason = reason or HTTPStatus(status).phrase

    def body(self) -> dict[str, Any]:
        """The answer as it goes over the wire."""
        return {"status": self.status, "error": self.reason, "response": {"message": self.message}}


class EmptyError(GatewayError):
    """An error that says nothing at all (`/chat/whatsappNumbers`)."""

    def body(self) -> dict[str, Any]:
        return {}


def schema_failure(problems: list[str]) -> GatewayError:
    """400 with a nested array, as the JSON schema step of the gateway answers."""
    return GatewayError(400, [problems])


def bad_request(*messages: object) -> GatewayError:
    """400 with a flat array: a rule of the business was broken, or sending failed."""
    return GatewayError(400, list(messages))


def unreadable_body(message: str, status: int = 400) -> GatewayError:
    """What the body parser answers: a string, and always "Internal Server Error"."""
    return GatewayError(status, message, reason="Internal Server Error")


def unauthorized() -> GatewayError:
    """401 for a key that is missing or wrong."""
    return GatewayError(401, "Unauthorized")


def unknown_instance(name: str) -> GatewayError:
    """404 of the guard that looks for the instance in the path."""
    return GatewayError(404, [f'The "{name}" instance does not exist'])


def connection_closed(*, known: bool = False) -> GatewayError:
    """Of a send over a socket that is closed. known: the number needs no look-up, so it fails a step later."""
    return bad_request("Error: Connection Closed") if known else GatewayError(500, "Connection Closed")


def unread(field: str) -> str:
    """JavaScript's words for using what is not there."""
    return f"Cannot read properties of undefined (reading '{field}')"


def prisma(what: str) -> GatewayError:
    """500 of the gateway's database, which checks what nothing before it did."""
    return GatewayError(500, f"\nInvalid `prismaRepository` invocation: {what}")


def not_on_whatsapp(jid: str, number: str) -> GatewayError:
    """400 with an array of objects: the number has no account."""
    return bad_request({"jid": jid, "exists": False, "number": number})
