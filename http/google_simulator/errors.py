"""Refusals in Google's two forms: of the Calendar API, and of the token endpoint."""

from __future__ import annotations

from typing import Any


class Lost(Exception):
    """The connection breaks instead of an answer."""


class Refusal(Exception):
    """An error of the Calendar API."""

    def __init__(self, status: int, reason: str, message: str = "", domain: str = "global") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.message = message or reason
        self.domain = domain

    def body(self) -> dict[str, Any]:
        one = {"domain": self.domain, "reason": self.reason, "message": self.message}
        return {"error": {"code": self.status, "message": self.message, "errors": [one]}}


class TokenRefusal(Exception):
    """An error of the token endpoint."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "error_description": self.description or "Bad Request"}
