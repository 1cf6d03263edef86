"""Markdown, which models write and FAQ answers are pasted in, to the marks that WhatsApp knows.

`**a**` and `__a__` become `*a*`, `~~a~~` `~a~`, `# a` `*a*`, `[a](b)` "a: b", `* a` "- a". What WhatsApp writes by
them stays as it is: `*a*`, `_a_`, code, quotes, numbers before lines. Lines stay lines: what stands within one is read
by markdown-it, and what a line is by how it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from markdown_it import MarkdownIt
from markdown_it.token import Token

from plixa.actors.folding import READ

_BULLET = re.compile(r"(\s*)[*+]\s+(?=\S)")
_DEEPEST = 6
_SCHEME = re.compile(r"(?:mailto|tel):")
_MARKS = {"**": "*", "__": "*", "*": "*", "_": "_", "~~": "~"}

_inline = MarkdownIt("zero").enable(["emphasis", "strikethrough", "link", "image", "autolink", "backticks", "escape"])
_inline.normalizeLink = lambda url: url  # type: ignore[method-assign]  # people read it


def whatsapp_marks(text: str) -> str:
    """The text as WhatsApp shows it; one that is not in Markdown is the same."""
    if len(text) > READ:
        return text
    return "\n".join(_lines(text.split("\n"))).strip("\n")


def _lines(lines: Sequence[str]) -> Iterator[str]:
    fenced = False
    for before, line in pairwise(["", *lines]):
        if _fences(line):
            fenced = not fenced
            yield "```"
        elif fenced:
            yield line
        elif _is_rule(line) or (_is_under_row(line) and _row(before) is not None):
            continue
        else:
            yield _line(line)


def _fences(line: str) -> bool:
    """Whether code begins or ends here."""
    bare = line.strip()
    return bare.startswith(("```", "~~~")) and not set(bare[3:]) & set(" `~")


def _is_rule(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 2 and len(set(bare)) == 1 and bare[0] in "*-_"


def _is_under_row(line: str) -> bool:
    return "---" in line and not set(line) - set("|-: \t")


def _row(line: str) -> str | None:
    """The cells of a table's row."""
    bare = line.strip()
    return bare[1:-1].strip() if len(bare) > 1 and bare[0] == bare[-1] == "|" else None


def _heading(line: str) -> str | None:
    bare = line.strip()
    words = bare.lstrip("#")
    if not 0 < len(bare) - len(words) <= _DEEPEST or words[:1] not in ("", " ", "\t"):
        return None
    return words.strip().rstrip("#").rstrip()


def _line(line: str) -> str:
    heading = _heading(line)
    if heading is not None:
        return f"*{_said(heading, bold=True)}*" if heading else ""
    row = _row(line)
    line = line if row is None else row
    bullet = _BULLET.match(line)
    indent = line[: len(line) - len(line.lstrip())]
    begins, rest = (f"{bullet[1]}- ", line[bullet.end() :]) if bullet else (indent, line.lstrip())
    return begins + _said(rest)


def _said(text: str, *, bold: bool = False) -> str:
    """What stands in a line. bold: all of it will be."""
    if not any(sign in text for sign in "*_~[<\\`"):
        return text
    [line] = _inline.parseInline(text)
    return _Line(bold).read(line.children or [])


class _Line:
    """A line's tokens as text."""

    def __init__(self, bold: bool) -> None:
        self._bold = int(bold)
        self._said: list[str] = []
        self._slanted: list[str] = []
        self._links: list[tuple[str, int]] = []

    def read(self, tokens: Sequence[Token]) -> str:
        """All of them."""
        told = [token for token in tokens if token.type != "text" or token.content]
        for token, after in zip_longest(told, told[1:]):
            self._take(token, after)
        return "".join(self._said)

    def _take(self, token: Token, after: Token | None) -> None:
        match token.type:
            case "strong_open" | "strong_close":
                self._strong(1 if token.nesting > 0 else -1)
            case "em_open":
                leads_to_bold = after is not None and after.type == "strong_open"
                self._slanted.append("_" if self._bold or leads_to_bold else _MARKS[token.markup])
                self._said.append(self._slanted[-1])
            case "em_close":
                self._said.append(self._slanted.pop())
            case "s_open" | "s_close":
                self._said.append("~")
            case "code_inline":
                self._said.append(f"`{token.content}`")
            case "link_open":
                self._links.append((str(token.attrs.get("href", "")), len(self._said)))
            case "link_close":
                self._lead(*self._links.pop())
            case "image":
                self._said.append(_led(token.content, str(token.attrs.get("src", ""))))
            case _:
                self._text(token.content)

    def _strong(self, by: int) -> None:
        """Bold within bold is bold."""
        if (self._bold if by > 0 else self._bold + by) == 0:
            self._said.append("*")
        self._bold += by

    def _lead(self, url: str, since: int) -> None:
        label = "".join(self._said[since:])
        self._said[since:] = [_led(label, url)]

    def _text(self, text: str) -> None:
        ends = self._said and text in (".", "…") and "://" in self._said[-1]
        self._said.append("" if ends else text)  # it would be taken for a part of the address


def _led(label: str, url: str) -> str:
    """A label and where it leads."""
    plain = _SCHEME.sub("", url)
    return plain if label.strip() in ("", url, plain) else f"{label.strip()}: {plain}"
