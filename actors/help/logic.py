"""What the knowledge base brings to the actors."""

from __future__ import annotations

from plixa.actors.feature import Data, Logic
from plixa.actors.help.library import LIBRARY, ArticleRemoved, ArticleSaved
from plixa.engine.events import Recorded


def _article(event: ArticleSaved | ArticleRemoved, _: Recorded) -> Data:
    """For staff: which one has changed."""
    return {"article": {"id": event.article_id, "deleted": isinstance(event, ArticleRemoved)}}


LOGIC = Logic(kinds=(LIBRARY,), shows={ArticleSaved: _article, ArticleRemoved: _article})
