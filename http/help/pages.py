"""The help centre at `/help/`: pages for people, without a line of JavaScript, to be read, printed and searched.

The language is in the address; `/help/` leads to the one that the browser asks for. A page's own form says whether an
article helped: once a minute and address it is counted, and nothing of who said so is kept.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, select_autoescape
from quart import Response, redirect, request
from quart_trio import QuartTrio
from werkzeug.wrappers import Response as Redirect

from plixa.engine.errors import NotFound, PlixaError, RateLimited, TooOld
from plixa.http.api.services import Services
from plixa.http.help.routes import public
from plixa.http.server.addresses import client_address, source_of
from plixa.http.workspace.parts import PICTURES
from plixa.storage.help import reads

NAMES = {"en": "English", "pt-BR": "Português", "es": "Español"}
STYLE = (
    "body{font:17px/1.6 system-ui,sans-serif;color:#1d2733;max-width:44rem;margin:0 auto;padding:1rem}"
    "header{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;align-items:center;border-bottom:1px solid #d5dbe1;"
    "padding-bottom:.75rem}.home{font-weight:700;color:#0b6b4f}form label{position:absolute;left:-99rem}"
    "input,button{font:inherit;padding:.3rem .6rem;border:1px solid #7a8794;border-radius:.3rem;background:#fff}"
    "a{color:#0b5cad}nav a{margin-right:.6rem}nav a[aria-current]{font-weight:700;text-decoration:none}"
    "article img{max-width:100%}table{border-collapse:collapse}td,th{border:1px solid #d5dbe1;padding:.3rem .6rem}"
    "pre{overflow:auto;background:#f3f5f7;padding:.75rem}.notice{background:#fff6d6;padding:.5rem .75rem}"
    "a:focus-visible,button:focus-visible,input:focus-visible{outline:3px solid #0b5cad;outline-offset:2px}"
    "@media print{header,.vote{display:none}body{max-width:none}}"
)
WORDS = {
    "en": {
        "help": "Plixa help", "search": "Search", "go": "Search", "languages": "Languages", "yes": "Yes", "no": "No",
        "helpful": "Was this helpful?", "thanks": "Thank you, that helps us.", "found": "Results for “{q}”",
        "nothing": "Nothing was found.", "gone": "This article was removed.", "none": "There is no such page.",
        "fallback": "This article is not there in English yet.", "wait": "Too many requests. Try again in a minute.",
        "trouble": "This cannot be shown at the moment. Try again shortly.",
    },
    "pt-BR": {
        "help": "Ajuda da Plixa", "search": "Buscar", "go": "Buscar", "languages": "Idiomas", "yes": "Sim",
        "no": "Não", "helpful": "Este artigo ajudou?", "thanks": "Obrigado, isso nos ajuda.",
        "found": "Resultados para “{q}”", "nothing": "Nada foi encontrado.", "gone": "Este artigo foi removido.",
        "none": "Esta página não existe.", "fallback": "Este artigo ainda não existe em português.",
        "wait": "Muitas solicitações. Tente de novo em um minuto.",
        "trouble": "Não é possível mostrar isto agora. Tente de novo em instantes.",
    },
    "es": {
        "help": "Ayuda de Plixa", "search": "Buscar", "go": "Buscar", "languages": "Idiomas", "yes": "Sí", "no": "No",
        "helpful": "¿Te sirvió este artículo?", "thanks": "Gracias, nos ayuda.", "found": "Resultados de “{q}”",
        "nothing": "No se encontró nada.", "gone": "Este artículo fue eliminado.", "none": "Esta página no existe.",
        "fallback": "Este artículo todavía no existe en español.", "wait": "Demasiadas solicitudes. Espera un minuto.",
        "trouble": "No se puede mostrar ahora. Inténtalo de nuevo enseguida.",
    },
}  # fmt: skip
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(), enable_async=False
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads: what the public routes' helpers need of a call."""

    services: Services
    locale: str

    async def read(self, query: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        """Run a read."""
        return await self.services.database.run(query, *args, **named)

    @property
    def words(self) -> dict[str, str]:
        """Of the reader's language."""
        return WORDS[self.locale]


def add_pages(app: QuartTrio, services: Services) -> None:
    """Add `/help`."""

    @app.get("/help/")
    async def help_home() -> Redirect:
        best = request.accept_languages.best_match(["en", "pt-BR", "pt", "es"], "en")
        return redirect(f"/help/{public.spelt(str(best))}/")

    @app.get("/help/<locale>/")
    async def help_index(locale: str) -> Any:
        return await _answered(services, locale, _index)

    @app.get("/help/<locale>/search")
    async def help_search(locale: str) -> Any:
        return await _answered(services, locale, _search)

    @app.get("/help/<locale>/<slug>")
    async def help_article(locale: str, slug: str) -> Any:
        return await _answered(services, locale, lambda reader: _article(reader, slug))

    @app.post("/help/<locale>/<slug>")
    async def help_vote(locale: str, slug: str) -> Any:
        return await _answered(services, locale, lambda reader: _vote(reader, slug))


async def _answered(services: Services, locale: str, answer: Callable[[Reader], Awaitable[Any]]) -> Any:
    reader = Reader(services, locale if locale in NAMES else "en")
    words = reader.words
    try:
        address = client_address(request, services.settings.trusted_proxies)
        services.limits.spend(public.RATE, "help", source_of(address))
        if locale not in NAMES:
            raise NotFound("page")
        return await answer(reader)
    except TooOld:
        return _page(reader, words["gone"], status=410)
    except NotFound:
        return _page(reader, words["none"], status=404)
    except RateLimited:
        return _page(reader, words["wait"], status=429)
    except PlixaError as error:
        return _page(reader, words["trouble"], status=error.status)


async def _index(reader: Reader) -> Response:
    rows = await public.listed(reader, reader.locale)
    return _page(reader, reader.words["help"], articles=rows)


async def _search(reader: Reader) -> Response:
    question = request.args.get("q", "")[:200].replace("\0", "")
    rows = await public.sought(reader, reader.locale, question)
    return _page(reader, reader.words["found"].format(q=question), articles=rows, question=question)


async def _article(reader: Reader, slug: str) -> Any:
    found = await public.find(reader, reader.locale, slug)
    article = await public.shown(reader, found, reader.locale)
    if article["slug"] != slug and not article["fallback"]:
        return redirect(f"/help/{reader.locale}/{article['slug']}", 301)
    notice = reader.words["fallback"] if article["fallback"] else ""
    return _page(reader, article["title"], article=article, notice=notice)


async def _vote(reader: Reader, slug: str) -> Response:
    found = await public.find(reader, reader.locale, slug)
    request.max_content_length = 1024
    form = cast("Any", await request.form)  # pyright: ignore[reportUnknownMemberType]
    helped, address = form.get("helped"), client_address(request, reader.services.settings.trusted_proxies)
    first = reader.services.limits.first("1/minute", "vote", source_of(address), str(found["id"]))
    if helped in ("yes", "no") and first:
        day = reader.services.clock.now().date()
        await reader.read(reads.vote, found["id"], day, helped=helped == "yes")
    article = await public.shown(reader, found, reader.locale)
    return _page(reader, article["title"], article=article, notice=reader.words["thanks"])


def _page(
    reader: Reader,
    title: str,
    *,
    status: int = 200,
    article: Any = None,
    articles: Any = (),
    notice: str = "",
    question: str = "",
) -> Response:
    said_elsewhere: list[dict[str, str]] = article["translations"] if article else []
    others = {each["locale"]: f"/help/{each['locale']}/{each['slug']}" for each in said_elsewhere}
    html = _pages.get_template("page.html").render(
        locale=reader.locale,
        base="",
        title=title,
        words=reader.words,
        style=STYLE,
        html=article["html"] if article else "",
        slug=article["slug"] if article else "",
        article_locale=article["locale"] if article else "",
        groups=[(category, list(rows)) for category, rows in groupby(articles, key=lambda row: row["category"])],
        nothing=reader.words["nothing"] if status == 200 else "",
        notice=notice,
        question=question,
        translations=[{"locale": locale, "href": href} for locale, href in others.items()],
        languages=[
            {"locale": locale, "name": name, "href": others.get(locale, f"/help/{locale}/")}
            for locale, name in NAMES.items()
        ],
    )
    headers = {"Content-Security-Policy": _policy(reader.services), "Cache-Control": "no-cache"}
    return Response(html, status, content_type="text/html; charset=utf-8", headers=headers)


def _policy(services: Services) -> str:
    style = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    pictures = services[PICTURES].url("")
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; img-src 'self' {pictures}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
