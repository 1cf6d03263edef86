"""A refusal, in Stripe's shape."""

from __future__ import annotations

from typing import Any


class StripeRefusal(Exception):
    """What the API answers instead: `{"error": {type, code, message, param}}`."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None, type_: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.type = type_ or ("api_error" if status >= 500 else "invalid_request_error")

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        shown = {"type": self.type, "code": self.code, "message": self.message, "param": self.param}
        return {"error": {name: value for name, value in shown.items() if value is not None}}


def missing(kind: str, id_: str, param: str = "id") -> StripeRefusal:
    """There is none of this id in this account."""
    return StripeRefusal(f"No such {kind}: '{id_}'", status=404, code="resource_missing", param=param)
