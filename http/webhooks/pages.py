"""`/v1/asyncapi.json`: the live push and the webhooks, described."""

from __future__ import annotations

import msgspec
from quart import Response
from quart_trio import QuartTrio

from plixa.http.api.asyncapi import document
from plixa.http.api.services import Services


def add_asyncapi(app: QuartTrio, _services: Services) -> None:
    """Serve the document."""
    described = msgspec.json.encode(document())

    @app.get("/v1/asyncapi.json")
    async def asyncapi() -> Response:
        return Response(described, content_type="application/json")
