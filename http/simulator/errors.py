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


class RawError(GatewayError):
    """An error whose body is none of the usual shape (`/chat/whatsappNumbers`)."""

    def body(self) -> dict[str, Any]:
        return {"status": self.status, "error": self.reason, "message": self.message}


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


def connection_closed() -> GatewayError:
    """500 of a send whose phone is not linked: a string, not an array."""
    return GatewayError(500, "Connection Closed")


def not_on_whatsapp(jid: str, number: str) -> GatewayError:
    """400 with an array of objects: the number has no account."""
    return bad_request({"jid": jid, "exists": False, "number": number})
