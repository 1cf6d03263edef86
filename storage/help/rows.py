"""Which rows follow from what happens to an article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.help import library as ev
from plixa.engine.events import Recorded
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector
from plixa.storage.help import statements as sql
from plixa.storage.help.folding import indexed

projects = Projector()


@projects.on(ev.ArticleSaved)
def _saved(recorded: Recorded, event: ev.ArticleSaved, _: Any) -> Iterator[Row]:
    yield (
        sql.ARTICLE,
        (
            recorded.tenant,
            event.article_id,
            event.group,
            event.locale,
            event.slug,
            event.title,
            event.category,
            event.body,
            event.html,
            event.text,
            event.published,
            event.version,
            event.by,
            indexed(event.title),
            indexed(event.text),
            event.at,
            None,
        ),
    )
    yield sql.NAME, (recorded.tenant, event.locale, event.slug, event.article_id)
    version = (event.title, event.slug, event.body, event.category, event.by, event.at)
    yield sql.VERSION, (recorded.tenant, event.article_id, event.version, *version)


@projects.on(ev.ArticleRemoved)
def _removed(recorded: Recorded, event: ev.ArticleRemoved, _: Any) -> Iterator[Row]:
    yield sql.REMOVED, (recorded.tenant, event.article_id, False, event.at)
