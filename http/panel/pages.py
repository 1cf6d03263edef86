"""Serves the panel's files and the documentation of the API.

The files lie under one hash of them all, `/panel/<hash>/…`: what is fetched there never changes and is kept for ever.
The pages themselves are asked for anew each time, and answered by 304 where they are the same.

The panel's page holds what its first form needs beside its modules: its style, its drawings, and its words in the
language that the browser asks for. So it is two trips away on a slow line: the page, and the modules that it names.
"""

from __future__ import annotations

import gzip
import json
import posixpath
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from quart import Response, redirect, request
from quart_trio import QuartTrio
from werkzeug.wrappers import Response as Redirect

HERE = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,300}")
POLICY = (
    "default-src 'self'; style-src 'self'{styles}; connect-src 'self'{sockets}; img-src 'self' data: blob:; "
    "media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
FOR_EVER = "public, max-age=31536000, immutable"
IMPORT = re.compile(r'^(?:import|export) .*? from "(\.[\w./-]+)";', re.MULTILINE)
SCRIPT = re.compile(r'<script type="module" src="\{\{base\}\}/([\w./-]+)">')

FIRST = {"panel.html": ("signin.js",)}
"""What a page fetches on demand, and nearly always at first: nobody waits for it one trip longer."""
FIRST_WORDS = ("common", "signin")
STYLE = re.compile(r"<style>/\* ([\w.-]+) \*/</style>")
NOWHERE = {
    "en": ("There is no such page.", "To the inbox"),
    "pt-BR": ("Esta página não existe.", "Às conversas"),
    "es": ("Esta página no existe.", "A las conversaciones"),
}

NO_SCRIPT = {
    "en": "The inbox needs JavaScript. Everything it does is also in the API.",
    "pt-BR": "O painel precisa de JavaScript. Tudo o que ele faz também está na API.",
    "es": "El panel necesita JavaScript. Todo lo que hace está también en la API.",
}


def policy(host: str, style: str = "") -> str:
    """What pages from this host may load, and whom they may speak to: it, and nobody else.

    style: the one that stands within the page. Some browsers do not count sockets of the same host as 'self', so these
    are named.
    """
    styles = f" 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" if style else ""
    return POLICY.format(styles=styles, sockets=f" ws://{host} wss://{host}" if HOST.fullmatch(host) else "")


@dataclass(frozen=True)
class Held:
    """What is served, once and for all: as it is, and packed."""

    body: bytes
    type: str

    @cached_property
    def packed(self) -> bytes:
        """As gzip; the same bytes on every node."""
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def etag(self) -> str:
        return sha256(self.body).hexdigest()[:16]

    def answer(self, cache: str = "no-cache", **headers: str) -> Response:
        """The response to the request at hand: packed for who takes it so, 304 for who has it."""
        zipped = request.accept_encodings.quality("gzip") > 0
        tag = f'"{self.etag}{"-z" if zipped else ""}"'
        told = {"Cache-Control": cache, "ETag": tag, "Vary": "Accept-Encoding", **headers}
        if request.headers.get("If-None-Match") == tag:
            return Response(b"", 304, headers=told)
        if zipped:
            told["Content-Encoding"] = "gzip"
        return Response(self.packed if zipped else self.body, content_type=f"{self.type}; charset=utf-8", headers=told)


def read_files() -> dict[str, Held]:
    """The panel's files by their paths below `static`."""
    found = sorted(path for path in HERE.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(HERE).as_posix(): Held(path.read_bytes(), TYPES[path.suffix]) for path in found}


def tree_hash(files: Mapping[str, Held]) -> str:
    """One hash of all files: another one whenever any of them is."""
    return sha256("".join(f"{name}\0{held.etag}\0" for name, held in files.items()).encode()).hexdigest()[:16]


def imported(files: Mapping[str, Held], name: str) -> list[str]:
    """The modules that this one cannot begin without, itself first, each once."""
    found: dict[str, None] = {}

    def follow(module: str) -> None:
        if module in found:
            return
        found[module] = None
        for other in IMPORT.findall(files[module].body.decode()):
            follow(posixpath.normpath(posixpath.join(posixpath.dirname(module), other)))

    follow(name)
    return list(found)


def dress(files: Mapping[str, Held], name: str, base: str, language: str = "en") -> Held:
    """An HTML page with the addresses of its files, its modules named ahead, and what it needs at once within it."""
    drawings = files["icons.svg"].body.decode().replace('<symbol id="', '<symbol id="icon-')
    page = files[name].body.decode()
    modules = [*SCRIPT.findall(page), *FIRST.get(name, ())]
    ahead = dict.fromkeys(each for module in modules for each in imported(files, module))
    page = page.replace("{{base}}", base).replace("{{language}}", language)
    page = page.replace("{{noscript}}", NO_SCRIPT[language])
    page = STYLE.sub(lambda found: f"<style>{style_within(files, found[1])}</style>", page)
    page = page.replace("<!-- words -->", _words_within(files, language))
    page = page.replace("<!-- drawings -->", drawings.replace("<svg ", '<svg hidden aria-hidden="true" ', 1))
    links = "".join(f'<link rel="modulepreload" href="{base}/{each}">\n' for each in ahead)
    return Held(page.replace("<!-- modules -->\n", links).encode(), TYPES[".html"])


def style_within(files: Mapping[str, Held], name: str) -> str:
    """A style sheet as it stands within a page."""
    return files[name].body.decode()


def _words_within(files: Mapping[str, Held], language: str) -> str:
    """Data that no browser runs, and that cannot end before its end."""
    words = {room: json.loads(files[f"words/{language}/{room}.json"].body) for room in FIRST_WORDS}
    told = json.dumps(words, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="words" lang="{language}">{told}</script>'


def _language() -> str:
    """The one of ours that the browser likes best."""
    return request.accept_languages.best_match(NOWHERE, "en")


def _nowhere() -> Response:
    """That there is no such page, in the browser's language."""
    best = _language()
    says, link = NOWHERE[best]
    page = f'<!doctype html><html lang="{best}"><title>Plixa</title><p>{says} <a href="/panel/">{link}</a></p>'
    return Response(page, 404, content_type="text/html; charset=utf-8")


@cache
def _served() -> tuple[Mapping[str, Held], str, Mapping[tuple[str, str], Held]]:
    """All files, their hash, and the HTML pages by name and language: the same for every node of a process."""
    files = read_files()
    current = tree_hash(files)
    names = ("panel.html", "staff.html", "docs.html")
    pages = {(name, each): dress(files, name, f"/panel/{current}", each) for name in names for each in NOWHERE}
    return files, current, pages


def add_pages(app: QuartTrio, document: Mapping[str, Any]) -> None:
    """Add `/panel`, `/staff`, `/v1/docs` and `/v1/openapi.json`, which is this document."""
    files, current, pages = _served()
    described = Held(msgspec.json.encode(document), "application/json")
    style = style_within(files, "panel.css")

    def page(name: str) -> Response:
        told = {"Content-Security-Policy": policy(request.host, style), "Vary": "Accept-Encoding, Accept-Language"}
        return pages[name, _language()].answer(**told)

    def file(name: str, cache: str) -> Response:
        held = files.get(name)
        if held is None or held.type == TYPES[".html"]:
            return _nowhere()
        return held.answer(cache, **{"Content-Security-Policy": policy(request.host)})

    @app.get("/")
    async def home() -> Redirect:
        return redirect("/panel/")

    @app.get("/panel/")
    async def panel() -> Response:
        return page("panel.html")

    @app.get("/staff/")
    async def staff() -> Response:
        return page("staff.html")

    @app.get("/staff/sw.js")
    async def staff_worker() -> Response:
        """The panel's, for the pages below `/staff/`: a worker is one of what lies beside it."""
        return file("sw.js", "no-cache")

    @app.get("/panel/<name>")
    async def asset(name: str) -> Response:
        return file(name, "no-cache")

    @app.get("/panel/<release>/<path:name>")
    async def released(release: str, name: str) -> Response:
        """Of another release than this node's there is the file as it is here, and nobody keeps it."""
        return file(name, FOR_EVER if release == current else "no-store")

    @app.get("/v1/docs")
    async def docs() -> Response:
        return page("docs.html")

    @app.get("/v1/openapi.json")
    async def openapi() -> Response:
        return described.answer()
