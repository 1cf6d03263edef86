"""What commits write of help articles."""

from __future__ import annotations

from plixa.storage.eventlog.statement import update, upsert

ARTICLE = upsert(
    "kb_articles",
    "tenant_id bigint, id bigint, group_id bigint, locale text, slug text, title text, category text, body text, "
    "html text, text text, is_published boolean, version integer, author_id bigint, folded_title text, "
    "folded_text text, updated_at timestamptz, removed_at timestamptz",
    "tenant_id, id",
)
REMOVED = update("kb_articles", "tenant_id bigint, id bigint, is_published boolean, removed_at timestamptz", 2)
NAME = upsert("kb_names", "tenant_id bigint, locale text, slug text, article_id bigint", "tenant_id, locale, slug")
VERSION = upsert(
    "kb_versions",
    "tenant_id bigint, article_id bigint, version integer, title text, slug text, body text, category text, "
    "author_id bigint, at timestamptz",
    "tenant_id, article_id, version",
)
