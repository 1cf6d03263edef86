"""Help articles as readers find them, and as staff do. Readers' queries never see what is not published."""

from __future__ import annotations

from datetime import date
from typing import Any

from plixa.storage.help.folding import query_of

PUBLIC = "a.is_published and a.removed_at is null"
CARD = "a.id, a.group_id, a.locale, a.slug, a.title, a.category, a.updated_at"
SNIPPET = 240


async def list_public(connection: Any, locale: str, category: str | None) -> list[Any]:
    """What readers of a locale may read, by category and title."""
    return list(
        await connection.fetch(
            f"select {CARD}, left(a.text, {SNIPPET}) as snippet from kb_articles a where {PUBLIC} and a.locale = $1 "
            "and ($2::text is null or a.category = $2) order by a.category, a.title, a.id limit 1000",
            locale,
            category,
        )
    )


async def search_public(connection: Any, locale: str, question: str) -> list[Any]:
    """The best answers to a question, best first."""
    query = query_of(question)
    if query is None:
        return []
    return list(
        await connection.fetch(
            f"select {CARD}, left(a.text, {SNIPPET}) as snippet from kb_articles a, to_tsquery('simple', $2) q "
            f"where {PUBLIC} and a.locale = $1 and a.words @@ q order by ts_rank(a.words, q) desc, a.id limit 25",
            locale,
            query,
        )
    )


async def find_by_name(connection: Any, locale: str, slug: str) -> Any:
    """The article that a name leads to, removed or not published as it may be; or None."""
    return await connection.fetchrow(
        "select a.* from kb_names n join kb_articles a on a.tenant_id = n.tenant_id and a.id = n.article_id "
        "where n.tenant_id = 0 and n.locale = $1 and n.slug = $2",
        locale,
        slug,
    )


async def taken(connection: Any, locale: str) -> set[str]:
    """The names that articles of staff have, or had, for readers of a locale."""
    rows = await connection.fetch(
        "select n.slug from kb_names n join kb_articles a on a.tenant_id = n.tenant_id and a.id = n.article_id "
        "where n.tenant_id = 0 and n.locale = $1 and (a.is_published or a.removed_at is not null)",
        locale,
    )
    return {row["slug"] for row in rows}


async def translations(connection: Any, group: int) -> list[Any]:
    """What there is of an article for readers, by locale."""
    return list(
        await connection.fetch(
            f"select {CARD} from kb_articles a where {PUBLIC} and a.group_id = $1 order by a.locale", group
        )
    )


async def find_in_any_locale(connection: Any, slug: str) -> Any:
    """A public article that has this name in some other locale; or None."""
    return await connection.fetchrow(
        "select a.* from kb_names n join kb_articles a on a.tenant_id = n.tenant_id and a.id = n.article_id "
        f"where n.tenant_id = 0 and n.slug = $1 and {PUBLIC} order by a.id limit 1",
        slug,
    )


async def vote(connection: Any, article_id: int, day: date, *, helped: bool) -> None:
    """Count whether an article was of help."""
    await connection.execute(
        "insert into kb_votes as v (tenant_id, article_id, day, yes, no) values (0, $1, $2, $3, $4) "
        "on conflict (tenant_id, article_id, day) do update set yes = v.yes + excluded.yes, no = v.no + excluded.no",
        article_id,
        day,
        int(helped),
        int(not helped),
    )


# -- for staff ---------------------------------------------------------------------------------------------------------


async def list_all(connection: Any, locale: str | None, published: bool | None, before: int | None, limit: int) -> Any:
    """All articles, drafts too, the newest first; one more than `limit`, if there are so many."""
    return list(
        await connection.fetch(
            f"select {CARD}, a.is_published, a.version, a.author_id, left(a.text, {SNIPPET}) as snippet, "
            "coalesce((select sum(yes) from kb_votes v where v.article_id = a.id), 0) as helped, "
            "coalesce((select sum(no) from kb_votes v where v.article_id = a.id), 0) as not_helped "
            "from kb_articles a where a.removed_at is null and ($1::text is null or a.locale = $1) "
            "and ($2::boolean is null or a.is_published = $2) and ($3::bigint is null or a.id < $3) "
            "order by a.id desc limit $4",
            locale,
            published,
            before,
            limit + 1,
        )
    )


async def get_article(connection: Any, article_id: int) -> Any:
    """An article with its text, a draft as it may be; or None."""
    return await connection.fetchrow(
        "select a.*, "
        "coalesce((select sum(yes) from kb_votes v where v.article_id = a.id), 0) as helped, "
        "coalesce((select sum(no) from kb_votes v where v.article_id = a.id), 0) as not_helped "
        "from kb_articles a where a.tenant_id = 0 and a.id = $1 and a.removed_at is null",
        article_id,
    )


async def list_versions(connection: Any, article_id: int) -> list[Any]:
    """What an article was, the newest first."""
    return list(
        await connection.fetch(
            "select v.*, d.name as author from kb_versions v left join admins d on d.id = v.author_id "
            "where v.tenant_id = 0 and v.article_id = $1 order by v.version desc limit 100",
            article_id,
        )
    )
