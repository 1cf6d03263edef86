"""Markdown to HTML that may stand on our pages and in our mails, and to plain text.

Three lines of defence, each of which would do: raw HTML is text (`html=False`), whatever is linked is judged on the
parsed tree and refused when it is written, and of what is rendered only an allow-list stays. It is done once, when
something is saved, in a thread: what a text costs grows with the square of its nesting. What is nested deeper than
`DEEPEST` is refused, for the parser would drop it in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import nh3
import trio
from markdown_it import MarkdownIt
from markdown_it.token import Token

from plixa.engine.errors import Invalid

DEEPEST = 20
VERSION = 1
"""Of the renderer: what is stored says by which it was made."""
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
SCHEMES = {"https", "mailto", "tel"}
_HIDDEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"[ \t]+")
_rendering = trio.CapacityLimiter(2)


class Rendered(NamedTuple):
    """html: safe as it is. text: the same in plain words, from the parsed tree."""

    html: str
    text: str


async def render(markdown: str, *, most: int, pictures: str, field: str = "body") -> Rendered:
    """What a text looks like. Raises `Invalid` on `field` for what may not be in it.

    most: so many bytes at most. pictures: where images must be: ours.
    """
    if len(markdown.encode()) > most:
        raise Invalid({field: [f"It must not be longer than {most:,} bytes."]})
    return await trio.to_thread.run_sync(
        partial(render_sync, markdown, pictures=pictures, field=field), limiter=_rendering
    )


def render_sync(markdown: str, *, pictures: str, field: str = "body") -> Rendered:
    """The same, at once."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 10 * DEEPEST}).enable(["table", "strikethrough"])
    # The parser would leave a link that it takes for dangerous as text, without a word to whoever wrote it.
    tokens = parser.parse(_HIDDEN.sub("", markdown))
    if wrong := list(dict.fromkeys(_wrong(tokens, pictures))):
        raise Invalid({field: wrong[:20]})
    html = parser.renderer.render(tokens, parser.options, {})
    return Rendered(cleaned(html, pictures), text_of(tokens))


def cleaned(html: str, pictures: str) -> str:
    """What of some HTML may stay."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            return value if value.startswith(pictures) else None
        if tag == "a" and name == "href":
            return None if link_trouble(value) else value
        return value

    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes=SCHEMES | {urlsplit(pictures).scheme},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _wrong(tokens: Iterable[Token], pictures: str) -> Iterator[str]:
    for token in _all(tokens):
        if token.level > DEEPEST:
            yield f"It is nested deeper than {DEEPEST} levels."
        if token.type == "link_open" and (trouble := link_trouble(str(token.attrGet("href") or ""))):
            yield trouble
        if token.type == "image" and not str(token.attrGet("src") or "").startswith(pictures):
            yield "Only images that were uploaded here can be shown."


def _all(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def link_trouble(url: str) -> str | None:
    """What is wrong with a link; None for one that may be followed."""
    shown = url[:80]
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"This is no link: {shown}"
    if parts.scheme not in SCHEMES:
        return f"Links begin with https:, mailto: or tel:, and this one does not: {shown}"
    if parts.scheme == "https" and (not parts.hostname or parts.username is not None or "@" in parts.netloc):
        return f"This link hides where it leads: {shown}"
    return None


def text_of(tokens: Iterable[Token]) -> str:
    """The words, a paragraph a line, with links behind what is linked."""
    lines = list[str]()
    for token in tokens:
        if token.type == "inline":
            lines.append(_SPACES.sub(" ", "".join(_words(token.children or ()))).strip())
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.rstrip("\n"))
    return "\n\n".join(filter(None, lines))


def _words(tokens: Iterable[Token]) -> Iterator[str]:
    href = ""
    for token in tokens:
        match token.type:
            case "link_open":
                href = str(token.attrGet("href") or "")
            case "link_close":
                yield f" ({href})" if href else ""
                href = ""
            case "softbreak" | "hardbreak":
                yield "\n"
            case "image":
                yield token.content
            case _:
                yield token.content
