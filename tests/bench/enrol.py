"""How a new customer starts: register, add a WhatsApp number, and be told by the gateway where its messages go."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tests.bench.gateway import Gateway
from tests.bench.load import Target
from tests.bench.processes import HOST, Failed

PASSWORD = "correct horse battery staple 7"
LIMIT = 15.0


class Enrolled(Struct, frozen=True):
    """A workspace with one number: where its messages go in, and where its people look."""

    webhook: Target
    inbox: Target


def enrol(port: int, gateway: Gateway, email: str = "bench@plixa.example") -> Enrolled:
    """Through the API, as anybody would. Raises `Failed`."""
    founder = {
        "name": "Bench",
        "email": email,
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "company_name": "Bench",
        "country_code": "BR",
    }
    session = call(port, "/v1/auth/register", founder)
    bearer = {"authorization": f"Bearer {session['data']['token']}"}
    call(port, "/v1/phone-instances", {"name": "Bench"}, bearer)
    hook = gateway.webhooks.get(timeout=LIMIT)
    path = hook["url"].partition(f":{port}")[2]
    return Enrolled(Target(HOST, port, path, hook["headers"], hook["instance"]), Target(HOST, port, "/v1/ws", bearer))


def await_ready(port: int) -> None:
    """Return when the server says that it can work: several processes take their time. Raises `Failed`."""
    deadline = time.monotonic() + 4 * LIMIT
    while True:
        try:
            call(port, "/readyz")
            return
        except (Failed, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def call(
    port: int,
    path: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    method: str | None = None,
) -> Any:
    """The answer of a server of the bench. Raises `Failed` when it is none of success."""
    data = None if body is None else json.dumps(body).encode()
    more = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", data, more, method=method)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Failed(f"{path} was answered {error.code}: {error.read().decode()}") from error
