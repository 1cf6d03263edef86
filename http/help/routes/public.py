"""The knowledge base as everybody reads it: what is published, and nothing that only staff may know.

A draft and what never was are alike; what was removed is told apart, for search engines. Whatever reads it may keep it
for a minute, and asks with its ETag after that. What came with Plixa (`shipped.py`) is read like what staff write.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import StringConstraints

from plixa.actors.help.library import LOCALES
from plixa.engine.errors import NotFound, TooOld
from plixa.http.api import Answer, Call, envelope, route
from plixa.http.api.fields import Body
from plixa.http.help import shipped
from plixa.http.help.resources import Article, ArticleCard, card
from plixa.storage.help import reads

TAG = "Knowledge base"
PATH = "/v1/kb/articles"
Asked = Literal["en", "pt-BR", "pt", "es"]
FOR_A_MINUTE = "public, max-age=60"
RATE = "120/minute"


class ByLocale(Body):
    locale: Asked = "en"
    category: Annotated[str, StringConstraints(max_length=60)] | None = None


class Question(Body):
    q: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    locale: Asked = "en"


class InLocale(Body):
    locale: Asked = "en"


def spelt(locale: str) -> str:
    """As articles spell it."""
    return "pt-BR" if locale == "pt" else locale


@route("GET", PATH, tag=TAG, who="public", query=ByLocale, answer=list[ArticleCard], rate=RATE)
async def list_articles(call: Call) -> Answer:
    """List the help articles of a language

    By category and title.
    """
    rows = await listed(call, spelt(call.query.locale), call.query.category)
    return kept(call, Answer([card(row) for row in rows]))


@route("GET", "/v1/kb/search", tag=TAG, who="public", query=Question, answer=list[ArticleCard], rate=RATE)
async def search_articles(call: Call) -> Answer:
    """Search the help articles of a language

    By the beginnings of words, without case and accents, the best first.
    """
    rows = await sought(call, spelt(call.query.locale), call.query.q)
    return kept(call, Answer([card(row) for row in rows]))


async def listed(call: Any, locale: str, category: str | None = None) -> list[Any]:
    """What readers of a locale may read, by category and title; call: whatever has `read`."""
    ours = [row for row in await _ours(call, locale) if category in (None, row["category"])]
    rows = [*await call.read(reads.list_public, locale, category), *ours]
    return sorted(rows, key=lambda row: (row["category"], row["title"]))


async def sought(call: Any, locale: str, question: str) -> list[Any]:
    """The best answers to a question, those of staff first; call: whatever has `read`."""
    rows = await call.read(reads.search_public, locale, question)
    return [*rows, *shipped.matching(await _ours(call, locale), question)]


async def _ours(call: Any, locale: str) -> list[shipped.Row]:
    """Those that came with Plixa and that staff have none of their own for."""
    ours = await shipped.shelf(locale)
    taken = await call.read(reads.taken, locale) if ours else ()
    return [row for slug, row in ours.items() if slug not in taken]


@route("GET", f"{PATH}/{{slug}}", tag=TAG, who="public", query=InLocale, answer=Article, rate=RATE, raises=("GONE",))
async def get_article(call: Call) -> Answer:
    """Read a help article

    An old address leads to the new one (301). Where there is no translation, another one is shown, and `fallback` says
    so. An article that was removed is 410.
    """
    locale = spelt(call.query.locale)
    found = await find(call, locale, call.slug)
    if found["slug"] != call.slug and found["locale"] == locale:
        where = f"{PATH}/{quote(found['slug'])}?locale={locale}"
        return Answer(raw=b"", status=301, headers={"Location": where, "Cache-Control": FOR_A_MINUTE})
    return kept(call, Answer(await shown(call, found, locale)))


async def find(call: Any, locale: str, slug: str) -> Any:
    """The article of this name for a reader of this locale. Raises `NotFound`, `TooOld`.

    call: whatever has `read`.
    """
    if len(slug) > 200 or "\0" in slug:
        raise NotFound("article")
    row = await call.read(reads.find_by_name, locale, slug)
    if row is not None and row["removed_at"] is not None:
        raise TooOld("This article was removed.")
    ours = (await shipped.shelf(locale)).get(slug)
    if ours is not None and (row is None or not row["is_published"]):
        return ours
    if row is None:
        row = await call.read(reads.find_in_any_locale, slug)
    if row is None or not row["is_published"]:
        raise NotFound("article")
    return row


async def shown(call: Any, row: Any, locale: str) -> dict[str, Any]:
    """The article, in the reader's language if there is such a translation."""
    others = await _translations(call, row)
    own = next((each for each in others if each["locale"] == locale), None)
    if own is not None and own["id"] != row["id"]:
        row = await call.read(reads.find_by_name, locale, own["slug"])
    names = ("id", "slug", "locale", "title", "category", "html", "text", "updated_at")
    return {
        **{name: row[name] for name in names},
        "fallback": row["locale"] != locale,
        "translations": [{"locale": each["locale"], "slug": each["slug"]} for each in others],
    }


async def _translations(call: Any, row: Any) -> list[Any]:
    """What there is of an article, by locale: of one that came with Plixa, the same name in each."""
    if row["id"] > 0:
        found: list[Any] = await call.read(reads.translations, row["group_id"])
        return found
    shelves = [await shipped.shelf(locale) for locale in LOCALES]
    return [each[row["slug"]] for each in shelves if row["slug"] in each]


def kept(call: Call, answer: Answer) -> Answer:
    """The answer with its ETag; 304 for whoever has it."""
    body = envelope(answer)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": FOR_A_MINUTE}
    if tag in call.if_none_match:
        return Answer(raw=b"", status=304, headers=headers)
    return Answer(raw=body, headers={**headers, "Content-Type": "application/json"})
