"""Serves the panel's files and the documentation of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from quart import Response, redirect, request
from quart_trio import QuartTrio
from werkzeug.wrappers import Response as Redirect

HERE = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,300}")
POLICY = (
    "default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data: blob:; media-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

NOWHERE = (
    '<!doctype html><html lang="en"><title>Plixa</title>'
    '<p>There is no such page. <a href="/panel/">To the inbox</a></p>'
)


def policy(host: str) -> str:
    """What pages from this host may load, and whom they may speak to: it, and nobody else.

    Some browsers do not count sockets of the same host as 'self', so these are named.
    """
    return POLICY.format(sockets=f" ws://{host} wss://{host}" if HOST.fullmatch(host) else "")


def add_pages(app: QuartTrio, document: Mapping[str, Any]) -> None:
    """Add `/panel`, `/v1/docs` and `/v1/openapi.json`, which is this document."""
    files = {path.name: (path.read_bytes(), TYPES[path.suffix]) for path in HERE.iterdir() if path.suffix in TYPES}
    described = msgspec.json.encode(document)

    def page(name: str) -> Response:
        body, type_ = files[name]
        headers = {"Content-Security-Policy": policy(request.host), "Cache-Control": "no-cache"}
        return Response(body, content_type=f"{type_}; charset=utf-8", headers=headers)

    @app.get("/")
    async def home() -> Redirect:
        return redirect("/panel/")

    @app.get("/panel/")
    async def panel() -> Response:
        return page("panel.html")

    @app.get("/panel/<name>")
    async def asset(name: str) -> Response:
        return page(name) if name in files else Response(NOWHERE, 404, content_type="text/html; charset=utf-8")

    @app.get("/v1/docs")
    async def docs() -> Response:
        return page("docs.html")

    @app.get("/v1/openapi.json")
    async def openapi() -> Response:
        return Response(described, content_type="application/json")
