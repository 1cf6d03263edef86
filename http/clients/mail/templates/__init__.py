"""What letters say, a file a language, and the one layout that all of them share.

Invariants: every language has every letter and every word (a test says so); a text may hold `{names}` of its kind's
values and `<b>` for weight, and nothing else that is HTML.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from plixa.http.clients.mail.templates import en, es, pt_br
from plixa.http.clients.mail.templates.words import Catalogue, Locale

_CATALOGUES = {each.locale: each for each in (en.CATALOGUE, pt_br.CATALOGUE, es.CATALOGUE)}


def locale_of(wanted: str | None) -> Locale:
    """The language for a locale as users have it: any Portuguese is pt-BR, any Spanish es, all others en."""
    language = (wanted or "").lower().replace("_", "-").partition("-")[0]
    found: dict[str, Locale] = {"pt": "pt-BR", "es": "es"}
    return found.get(language, "en")


def catalogue(wanted: str | None) -> Catalogue:
    """The texts for a locale as users have it."""
    return _CATALOGUES[locale_of(wanted)]


@cache
def environment() -> jinja2.Environment:
    """Jinja over this folder: everything is escaped, and a name that is missing is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
