"""Help articles as they are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from plixa.actors.help.library import ArticleSaved

Locale = Literal["en", "pt-BR", "es"]


class ArticleCard(TypedDict):
    id: int
    slug: str
    locale: Locale
    title: str
    category: str
    snippet: str
    updated_at: datetime


class Translation(TypedDict):
    locale: Locale
    slug: str


class Article(TypedDict):
    id: int
    slug: str
    locale: Locale
    fallback: bool
    title: str
    category: str
    html: str
    text: str
    translations: list[Translation]
    updated_at: datetime


class StaffArticleCard(ArticleCard):
    is_published: bool
    version: int
    translation_of: int
    helped: int
    not_helped: int


class StaffArticle(TypedDict):
    id: int
    slug: str
    locale: Locale
    title: str
    category: str
    body: str
    html: str
    is_published: bool
    version: int
    translation_of: int
    author_id: int
    helped: int
    not_helped: int
    updated_at: datetime


class ArticleVersion(TypedDict):
    version: int
    title: str
    slug: str
    category: str
    body: str
    author_id: int
    author: str | None
    at: datetime


CARD = ("id", "slug", "locale", "title", "category", "snippet", "updated_at")
STAFF = ("id", "slug", "locale", "title", "category", "body", "html", "is_published", "version", "author_id",
         "updated_at")  # fmt: skip


def card(row: Any) -> dict[str, Any]:
    """In a list."""
    return {name: row[name] for name in CARD}


def staff_card(row: Any) -> dict[str, Any]:
    """In the list of staff."""
    counts = {"helped": int(row["helped"]), "not_helped": int(row["not_helped"])}
    more = {"is_published": row["is_published"], "version": row["version"], "translation_of": row["group_id"]}
    return {**card(row), **more, **counts}


def staff_article(row: Any) -> dict[str, Any]:
    """To be edited."""
    counts = {"helped": int(row["helped"]), "not_helped": int(row["not_helped"])}
    return {**{name: row[name] for name in STAFF}, "translation_of": row["group_id"], **counts}


def new_article(saved: ArticleSaved) -> dict[str, Any]:
    """One that was just written, as its event tells it."""
    return {
        "id": saved.article_id,
        "slug": saved.slug,
        "locale": saved.locale,
        "title": saved.title,
        "category": saved.category,
        "body": saved.body,
        "html": saved.html,
        "is_published": saved.published,
        "version": saved.version,
        "translation_of": saved.group,
        "author_id": saved.by,
        "helped": 0,
        "not_helped": 0,
        "updated_at": saved.at,
    }
