"""A kind of letter, a language and values, to a subject, a plain text and HTML.

Invariants: whatever the values say, the subject is one line, the HTML holds them escaped, and every link is one that we
were given as a link; the plain text holds every link that the HTML has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import tzinfo
from typing import NamedTuple

import msgspec
from markupsafe import Markup

from plixa.http.clients.mail import formats
from plixa.http.clients.mail.kinds import (
    KINDS,
    BadValues,
    Context,
    DigestStats,
    MailKind,
    Template,
    as_date,
    clean,
    link,
    zone_of,
)
from plixa.http.clients.mail.templates import catalogue, environment
from plixa.http.clients.mail.templates.words import Catalogue, Letter, Words

_BOLD = re.compile(r"</?b>")
_BRAND = "Plixa"
_NONE = "–"


class Rendered(NamedTuple):
    """A letter, ready to go into a `Mail`."""

    subject: str
    text: str
    html: str


class _Row(NamedTuple):
    """A line of a table."""

    label: str
    value: str


class _Digest(NamedTuple):
    """The tables of a digest: the first two numbers stand out."""

    cards: list[_Row]
    rows: list[_Row]
    busiest_title: str
    busiest: list[_Row]


class _Page(NamedTuple):
    """What both forms are made from. All texts are for people; `shown` are the values that they hold."""

    locale: str
    letter: Letter
    words: Words
    shown: Mapping[str, str]
    greeting: str
    brand: str
    logo_url: str
    url: str
    settings_url: str
    digest: _Digest | None


def render(
    kind: str, locale: str | None, values: Mapping[str, object], brought: Mapping[str, Template] | None = None
) -> Rendered:
    """Write a letter. kind: a key of `KINDS`, or of what features have brought, which says what `values` holds.

    Raises `BadValues` with all problems.
    """
    texts, template = catalogue(locale), (brought or {}).get(kind)
    spec = KINDS.get(kind) if template is None else template.kind
    if spec is None:
        raise BadValues(f"there is no letter {kind!r}; there are {', '.join([*KINDS, *(brought or {})])}")
    letter = texts.letters[kind] if template is None else template.letters[texts.locale]
    page = _page(spec, texts, letter, values)
    subject = clean_subject(page.letter.subject.format_map(page.shown))
    html = environment().get_template("base.html").render(_for_html(page, subject))
    return Rendered(subject, _text(page), html)


def clean_subject(subject: str) -> str:
    """On one line, and as short as `Mail` wants it."""
    return " ".join(subject.split())[:300]


def _page(spec: MailKind, texts: Catalogue, letter: Letter, values: Mapping[str, object]) -> _Page:
    zone = zone_of(values.get("timezone"))
    shown = _shown(spec, Context(texts.words, zone), values)
    digest = _digest(texts.words, shown, values, zone) if "stats" in spec.values else None
    name = clean(values["name"]) if values.get("name") else ""
    greeting = texts.words.greeting_by_name.format(name=name) if name else texts.words.greeting
    return _Page(
        texts.locale,
        letter,
        texts.words,
        shown,
        "" if digest else greeting,
        shown.get("company", _BRAND) or _BRAND,
        link(values["logo_url"]) if values.get("logo_url") else "",
        shown.get(spec.link, ""),
        shown.get("settings_url", ""),
        digest,
    )


def _shown(spec: MailKind, context: Context, values: Mapping[str, object]) -> dict[str, str]:
    shown: dict[str, str] = {}
    problems: list[str] = []
    for field, show in spec.values.items():
        try:
            shown[field] = show(context, values[field])
        except KeyError:
            problems.append(f"{field} is missing")
        except BadValues as error:
            problems.append(f"{field}: {error}")
    if problems:
        raise BadValues("; ".join(problems))
    return shown


def _digest(words: Words, shown: dict[str, str], values: Mapping[str, object], zone: tzinfo) -> _Digest:
    """The tables; adds to `shown` what the digest's texts hold besides its values."""
    try:
        stats = msgspec.convert(values["stats"], DigestStats)
    except msgspec.ValidationError as error:
        raise BadValues(f"stats: {error}") from error
    opened, resolved = (formats.number(words, n) for n in (stats.conversations_opened, stats.conversations_resolved))
    first, last = as_date(values["from_date"], zone), as_date(values["to_date"], zone)
    shown.update(opened=opened, resolved=resolved, range=formats.span(words, first, last))
    return _Digest(
        [_Row(words.opened, opened), _Row(words.resolved, resolved)],
        _rows(words, stats),
        words.busiest,
        [_Row(clean(one.name) or "?", formats.counted(words, words.replies, one.replies)) for one in stats.busiest[:5]],
    )


def _rows(words: Words, stats: DigestStats) -> list[_Row]:
    first_response, csat = stats.first_response_median, stats.csat_average
    answers = formats.counted(words, words.csat_answers, stats.csat_count)
    return [
        _Row(words.messages_in, formats.number(words, stats.messages_in)),
        _Row(words.messages_out, formats.number(words, stats.messages_out)),
        _Row(words.first_response, _NONE if first_response is None else formats.seconds(first_response)),
        _Row(words.sla_breaches, formats.number(words, stats.sla_breaches)),
        _Row(
            words.csat,
            _NONE if csat is None else words.csat_value.format(average=formats.average(words, csat), answers=answers),
        ),
    ]


def _for_html(page: _Page, subject: str) -> dict[str, object]:
    def filled(text: str) -> Markup:
        return Markup(text).format_map(page.shown)  # the text is ours; values are escaped by this

    return {
        "locale": page.locale,
        "subject": subject,
        "preview": filled(page.letter.preview),
        "title": filled(page.letter.title),
        "lines": [filled(line) for line in page.letter.lines],
        "after": [filled(line) for line in page.letter.after],
        "button": page.letter.button if page.url else "",
        "page": page,
        "words": page.words,
    }


def _text(page: _Page) -> str:
    def filled(text: str) -> str:
        return _BOLD.sub("", text).format_map(page.shown)

    letter, words = page.letter, page.words
    blocks = [filled(letter.title), page.greeting, *(filled(line) for line in letter.lines)]
    if page.digest is not None:
        blocks += [_table([*page.digest.cards, *page.digest.rows])]
        blocks += [f"{page.digest.busiest_title}\n{_table(page.digest.busiest)}"] if page.digest.busiest else []
    if page.url:
        blocks.append(f"{letter.button}:\n{page.url}")
    blocks += [filled(line) for line in letter.after]
    blocks.append(f"-- \n{words.footer}")
    if page.settings_url:
        blocks.append(f"{words.settings}:\n{page.settings_url}")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(rows: list[_Row]) -> str:
    return "\n".join(f"{row.label}: {row.value}" for row in rows)
