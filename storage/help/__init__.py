"""Help articles: as they are, as they were, under which names, and whether they helped."""

from __future__ import annotations

from plixa.storage.feature import Table, Tables
from plixa.storage.help import rows

FACE: tuple[str, ...] = ()
TABLES = Tables(
    tables=(
        Table(name="kb_articles", sort="read model", until="a row an article; removed ones are told apart from none"),
        Table(name="kb_names", sort="read model", until="for ever: old links lead on"),
        Table(name="kb_versions", sort="read model", until="with the article"),
        Table(name="kb_votes", until="a row an article and day"),
    ),
    projects=rows.projects,
)
