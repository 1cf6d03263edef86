"""The library: one actor that knows which article has which name, so that no two ever have the same.

A name (slug) is unique in its locale. One under which something was published is never given to another article: it
leads to the one that had it. Texts are in the log and in the tables; what is in memory is the shelf.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.engine.actor import ActorType, Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event, event

Locale = Literal["en", "pt-BR", "es"]
LOCALES: tuple[Locale, ...] = ("en", "pt-BR", "es")
RESERVED = frozenset({"search", "categories", "new", "index", *(locale.lower() for locale in LOCALES), "pt"})
MOST = 5000
LONGEST_SLUG = 120
_UNFIT = re.compile(r"[^a-z0-9]+")


class Entry(Struct, frozen=True, omit_defaults=True):
    """An article on the shelf. group: what its translations have in common."""

    id: int
    locale: Locale
    slug: str
    group: int
    version: int
    published: bool = False


class Library(Struct, frozen=True, omit_defaults=True):
    """names: locale and slug → the article that has it, or had it when it was public."""

    id: int
    entries: dict[int, Entry] = {}  # msgspec copies an empty default
    names: dict[str, int] = {}


class SaveArticle(Command, frozen=True, kw_only=True, tag=True):
    """A new one, or (`article_id`) how one is from now on. seen: the version that was changed; None asks for no check.

    slug: None is made from the title, or stays. html, text: the body as it was rendered.
    """

    article_id: int | None = None
    title: str
    slug: str | None = None
    locale: Locale
    body: str
    html: str
    text: str
    category: str
    published: bool
    translation_of: int | None = None
    by: int
    seen: int | None = None


class RemoveArticle(Command, frozen=True, kw_only=True, tag=True):
    article_id: int


@event("article.saved")
class ArticleSaved(Event, frozen=True, kw_only=True):
    """renderer: which one made html and text of the body."""

    article_id: int
    version: int
    group: int
    locale: Locale
    slug: str
    was_slug: str | None = None
    title: str
    body: str
    html: str
    text: str
    category: str
    published: bool
    by: int
    at: datetime
    renderer: int = 1


@event("article.removed")
class ArticleRemoved(Event, frozen=True, kw_only=True):
    article_id: int
    at: datetime


decide: Decider[Library] = Decider()
evolve: Evolver[Library] = Evolver()


@decide.on(SaveArticle)
def _save(state: Library, command: SaveArticle, now: Moment) -> Sequence[Event]:
    known = None if command.article_id is None else entry_of(state, command.article_id)
    if known is None and len(state.entries) >= MOST:
        raise Conflict(f"There are {MOST} articles already.")
    if known is not None and command.seen is not None and command.seen != known.version:
        raise Conflict("Somebody has changed this article meanwhile.", code="ARTICLE_CHANGED")
    article_id = next(now.ids) if known is None else known.id
    slug = _slug(state, command, known, article_id)
    was_public = known is not None and known.published
    saved = ArticleSaved(
        article_id=article_id,
        version=1 if known is None else known.version + 1,
        group=_group(state, command, known, article_id),
        locale=command.locale,
        slug=slug,
        was_slug=known.slug if known is not None and was_public and known.slug != slug else None,
        title=command.title,
        body=command.body,
        html=command.html,
        text=command.text,
        category=command.category,
        published=command.published,
        by=command.by,
        at=now.at,
    )
    return [saved]


def entry_of(state: Library, article_id: int) -> Entry:
    """Raises `NotFound` for an article that there is not (any more)."""
    entry = state.entries.get(article_id)
    if entry is None:
        raise NotFound("article")
    return entry


def _slug(state: Library, command: SaveArticle, known: Entry | None, article_id: int) -> str:
    if command.slug is None and known is not None and known.locale == command.locale:
        return known.slug
    if command.slug is not None:
        if not is_free(state, command.locale, command.slug, article_id):
            raise Invalid({"slug": ["Another article has, or had, this address."]})
        return command.slug
    made = slug_of(command.title)
    for number in range(1, MOST):
        slug = made if number == 1 else f"{made[: LONGEST_SLUG - 6]}-{number}"
        if is_free(state, command.locale, slug, article_id):
            return slug
    raise Conflict("There is no free address for this title.")


def is_free(state: Library, locale: str, slug: str, article_id: int) -> bool:
    """Whether this article may have this name."""
    return slug not in RESERVED and state.names.get(name(locale, slug), article_id) == article_id


def name(locale: str, slug: str) -> str:
    """How a name is known."""
    return f"{locale}/{slug}"


def slug_of(title: str) -> str:
    """A readable name: "como-conectar-um-numero"."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return _UNFIT.sub("-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "article"


def _group(state: Library, command: SaveArticle, known: Entry | None, article_id: int) -> int:
    if command.translation_of is None:
        return article_id if known is None else known.group
    other = state.entries.get(command.translation_of)
    if other is None:
        raise Invalid({"translation_of": ["This article does not exist."]})
    taken = [each for each in state.entries.values() if each.group == other.group and each.id != article_id]
    if command.locale in {each.locale for each in taken}:
        raise Invalid({"translation_of": ["That article has a translation in this locale already."]})
    return other.group


@decide.on(RemoveArticle)
def _remove(state: Library, command: RemoveArticle, now: Moment) -> Sequence[Event]:
    entry_of(state, command.article_id)
    return [ArticleRemoved(article_id=command.article_id, at=now.at)]


@evolve.on(ArticleSaved)
def _saved(state: Library, event: ArticleSaved) -> Library:
    entry = Entry(event.article_id, event.locale, event.slug, event.group, event.version, event.published)
    before, names = state.entries.get(entry.id), dict(state.names)
    if before is not None and not before.published and before.slug != entry.slug:
        names.pop(name(before.locale, before.slug), None)  # nobody has ever seen it under that name
    names[name(entry.locale, entry.slug)] = entry.id
    return replace(state, entries={**state.entries, entry.id: entry}, names=names)


@evolve.on(ArticleRemoved)
def _removed(state: Library, event: ArticleRemoved) -> Library:
    return replace(state, entries={id_: entry for id_, entry in state.entries.items() if id_ != event.article_id})


LIBRARY: ActorType[Library] = ActorType(
    name="library", initial=lambda id_: Library(id=id_), decide=decide, evolve=evolve
)
