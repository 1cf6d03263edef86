"""The knowledge base as staff write it: drafts, versions, images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import StringConstraints
from typing_extensions import TypedDict

from plixa.actors.help import library
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, Render, cursors, rendering, route
from plixa.http.api.fields import Body, Id, Line, Page
from plixa.http.clients.markdown import Rendered, render
from plixa.http.clients.pictures.cleaning import clean
from plixa.http.help.resources import (
    ArticleVersion,
    Locale,
    StaffArticle,
    StaffArticleCard,
    new_article,
    staff_article,
    staff_card,
)
from plixa.http.workspace.parts import PICTURES
from plixa.storage.help import reads

TAG = "Admin — Knowledge base"
PATH = "/v1/admin/kb/articles"
ONE = f"{PATH}/{{article}}"
LONGEST = 64 * 1024
IMAGE = 2 * 1024 * 1024
Slug = Annotated[str, StringConstraints(max_length=library.LONGEST_SLUG, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class ArticleQuery(Page):
    locale: Locale | None = None
    is_published: Literal["0", "1"] | None = None


class NewArticle(Body):
    """`slug`: made from the title if it is left out. `translation_of`: an article that this one says in other words."""

    title: Annotated[Line, StringConstraints(max_length=160)]
    body: Annotated[Line, StringConstraints(max_length=LONGEST)]
    locale: Locale = "en"
    slug: Slug | None = None
    category: Annotated[Line, StringConstraints(max_length=60)] = "general"
    is_published: bool = False
    translation_of: Id | None = None


class ChangedArticle(Body):
    """What is left out stays as it is. `version`: the one that was changed; where there is a newer one, 409."""

    title: Annotated[Line, StringConstraints(max_length=160)] | None = None
    body: Annotated[Line, StringConstraints(max_length=LONGEST)] | None = None
    locale: Locale | None = None
    slug: Slug | None = None
    category: Annotated[Line, StringConstraints(max_length=60)] | None = None
    is_published: bool | None = None
    translation_of: Id | None = None
    version: Id | None = None


class MarkdownText(Body):
    body: Annotated[Line, StringConstraints(max_length=LONGEST)]


class MarkdownShown(TypedDict):
    html: str
    text: str


class NewImage(Body):
    """The picture is in the form field `image`."""


class ImageUrl(TypedDict):
    url: str


@route("GET", PATH, tag=TAG, who="admin", query=ArticleQuery, answer=list[StaffArticleCard], act="article.listed")
async def list_all_articles(call: Call) -> Answer:
    """List the help articles, drafts too

    The newest first, with how many readers said that it helped.
    """
    query: ArticleQuery = call.query
    published = None if query.is_published is None else query.is_published == "1"
    before = cursors.decode(query.cursor, int)
    rows = await call.read(reads.list_all, query.locale, published, before, query.limit)
    page = rows[: query.limit]
    more = page[-1]["id"] if len(rows) > query.limit else None
    return Answer([staff_card(row) for row in page], {"next_cursor": cursors.encode(more), "limit": query.limit})


@route("GET", ONE, tag=TAG, who="admin", answer=StaffArticle, act="article.opened")
async def get_any_article(call: Call) -> Answer:
    """Open a help article, a draft as it may be"""
    return Answer(staff_article(await _article(call)))


async def _article(call: Call) -> Any:
    row = await call.read(reads.get_article, call.params["article"])
    if row is None:
        raise NotFound("article")
    return row


@route(
    "POST",
    PATH,
    tag=TAG,
    who="admin",
    body=NewArticle,
    answer=StaffArticle,
    status=201,
    max_body=2 * LONGEST,
    idempotent=True,
    act="article.added",
)
async def add_article(call: Call) -> Answer:
    """Write a help article

    In Markdown without HTML; links lead to https, mail or telephone addresses, images were uploaded here.
    """
    body: NewArticle = call.body
    rendered = await _rendered(call, body.body)
    article_id = await _save(call, body.model_dump(), rendered, rendering(_as_added))
    return Answer(staff_article(await call.read(reads.get_article, article_id)), status=201)


def _as_added(events: Sequence[Event]) -> Answer:
    [saved] = [each for each in events if isinstance(each, library.ArticleSaved)]
    return Answer(new_article(saved), status=201)


async def _rendered(call: Call, body: str) -> Rendered:
    return await render(body, most=LONGEST, pictures=pictures_of(call))


def pictures_of(call: Call) -> str:
    """What the addresses of our images begin with."""
    return call.services[PICTURES].url("")


async def _save(
    call: Call, fields: dict[str, Any], rendered: Rendered, render: Render | None = None, **more: Any
) -> int:
    command = library.SaveArticle(
        title=fields["title"],
        slug=fields["slug"],
        locale=fields["locale"],
        body=fields["body"],
        html=rendered.html,
        text=rendered.text,
        category=fields["category"],
        published=fields["is_published"],
        translation_of=fields["translation_of"],
        by=call.caller.user_id,
        **more,
    )
    outcome = await call.ask("library", 0, command, tenant=0, render=render)
    return outcome.first(library.ArticleSaved).article_id


@route(
    "PUT",
    ONE,
    tag=TAG,
    who="admin",
    body=ChangedArticle,
    answer=StaffArticle,
    max_body=2 * LONGEST,
    raises=("ARTICLE_CHANGED",),
    act="article.changed",
)
async def change_article(call: Call) -> Answer:
    """Change a help article

    Each change is a version. Where the address of something public changes, the old one leads to the new.
    """
    row, body = await _article(call), call.body
    told = ("title", "slug", "locale", "category", "is_published", "version")
    call.concern.before = {name: row[name] for name in told}
    sent = body.model_dump(exclude_unset=True, exclude={"version"})
    kept = {name: row[name] for name in ("title", "locale", "body", "category", "is_published")}
    given = {name: value for name, value in sent.items() if value is not None}
    fields: dict[str, Any] = {"slug": None, "translation_of": None, **kept, **given}
    rendered = await _rendered(call, fields["body"])
    await _save(call, fields, rendered, article_id=row["id"], seen=body.version)
    return Answer(staff_article(await _article(call)))


@route("DELETE", ONE, tag=TAG, who="admin", status=204, act="article.removed")
async def remove_article(call: Call) -> Answer:
    """Remove a help article

    Whoever reads it hears that it was there (410).
    """
    await call.ask("library", 0, library.RemoveArticle(article_id=call.params["article"]), tenant=0)
    return Answer(status=204)


@route("GET", f"{ONE}/versions", tag=TAG, who="admin", answer=list[ArticleVersion], act="article.versions")
async def list_versions(call: Call) -> Answer:
    """What a help article was, the newest version first"""
    row = await _article(call)
    names = ArticleVersion.__annotations__
    return Answer([{name: each[name] for name in names} for each in await call.read(reads.list_versions, row["id"])])


@route(
    "POST",
    "/v1/admin/kb/preview",
    tag=TAG,
    who="admin",
    body=MarkdownText,
    answer=MarkdownShown,
    max_body=2 * LONGEST,
    act="article.previewed",
)
async def preview_article(call: Call) -> Answer:
    """See what Markdown looks like

    As it would be shown, by the same means.
    """
    rendered = await _rendered(call, call.body.body)
    return Answer({"html": rendered.html, "text": rendered.text})


@route(
    "POST",
    "/v1/admin/kb/images",
    tag=TAG,
    who="admin",
    body=NewImage,
    form=True,
    file="image",
    answer=ImageUrl,
    status=201,
    max_body=IMAGE + 192 * 1024,
    idempotent=True,
    act="image.added",
)
async def add_image(call: Call) -> Answer:
    """Upload an image for a help article

    PNG, JPEG or WebP by its content, at most 2 MB, written anew without whatever else was in the file.
    """
    upload = call.files.get("image")
    if upload is None:
        raise Invalid({"image": ["The image field is required."]})
    picture = await clean(upload.read(), max_bytes=IMAGE, max_side=2048, field="image")
    key = await call.services[PICTURES].put(picture.data, picture.mime)
    call.concern.after = {"url": call.services[PICTURES].url(key)}
    return await call.keep(Answer(call.concern.after, status=201), f"picture-{key}")
