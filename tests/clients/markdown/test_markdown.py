"""What staff write never runs: a corpus of tricks, each judged by a parser of HTML, not by a pattern.

The tricks are known ones: of OWASP's evasion sheet, of DOMPurify's fixtures, and of the issues of Markdown libraries
(Python-Markdown 976, python-markdown2 694 and 703, marked 203, simplemde 657 and 721, showdown 216, PrivateBin 183).
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from html.parser import HTMLParser
from itertools import product

import pytest

from plixa.engine.errors import Invalid
from plixa.http.clients.markdown import ATTRIBUTES, TAGS, cleaned, render_sync

PICTURES = "https://plixa.example/v1/images/"
URLS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\x01script:alert(1)",
    "&#106;avascript:alert(1)", "javascript&colon;alert(1)", "&#x6A&#x61&#x76&#x61&#x73cript:alert(1)",
    "%6Aavascript:alert(1)", "vbscript:msgbox(1)", "data:text/html;base64,PHNjcmlwdD4=", "file:///etc/passwd",
    "data:image/svg+xml;base64,PHN2Zz4=", "//evil.example/a", "https://example.com@evil.example/", "http://a.example",
    "/v1/me", "#top", "javascript:window.onerror=alert;throw%20document.cookie", "javascript:alert('x'&#41;",
    "javascript:alert&#40;&#49;&#41;", " javascript:alert(1) ", "blob:https://a.example/1", "ftp://a.example",
    "\u2028javascript:alert(1)", "feed:javascript:alert(1)", "jar:https://a.example!/", "https://", "tel",
)  # fmt: skip
AROUND = (
    "[x]({})", "[x](<{}>)", "<{}>", "![x]({})", "[x][1]\n\n[1]: {}", "[![x]({0})]({0})", "# [x]({})", "- [x]({})",
)  # fmt: skip
RAW = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<a href=javascript:alert(1)>x", "<details open ontoggle=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<form action=//e><button>",
    "<base href=//evil.example>", "<meta http-equiv=refresh content=0;url=//e>", "<div style=position:fixed>",
    "<p id=__proto__><img name=getElementById>", "<math><mtext><table><mglyph><style><!--</style><img title='-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<!--<img src='--><img src=x onerror=alert(1)>",
    "<![CDATA[<script>alert(1)</script>]]>", "<?php alert(1) ?>", "</textarea><img/src=x onerror=eval(id)>",
    "<iframe\n<http:> srcdoc='<script>alert(1)</script>'", "<object data=javascript:alert(1)>", "<embed src=//e>",
    "<link rel=stylesheet href=//e>", "<video><source onerror=alert(1)>", "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>", "<template><script>alert(1)</script>", "<select><style></select><img onerror=x>",
    "<svg><a xlink:href=javascript:alert(1)>", "<xmp><img src=x onerror=alert(1)>", "<isindex action=javascript:1>",
    "{{name}} {% include 'x' %} {{ ''.__class__ }}",
)  # fmt: skip
WRAPPED = ("{}", "> {}", "- {}", "# {}", "| a |\n|---|\n| {} |", "**{}**", "```\n{}\n```", "```{}\nx\n```")
TITLES = (
    '![x" onerror="alert(1)](https://plixa.example/v1/images/a)',
    '![x](https://plixa.example/v1/images/a "y" onerror="alert(1)")',
    '![A](https://plixa.example/v1/images/B "<C D="E" onerror=alert(1) >")',
    '[x](https://a.example "\'><script>alert(1)</script>")',
)
CORPUS = [around.format(url) for around, url in product(AROUND, URLS)]
CORPUS += [around.format(raw) for around, raw in product(WRAPPED, RAW)] + list(TITLES)


GOOD = re.compile(r"https://[^\s@/]+(/[^@]*)?$|mailto:|tel:")


class Judge(HTMLParser):
    """What a browser would find in it."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()) | {"rel"}:
                self.wrong.append(f"{tag} {name}")
            if name == "href" and not GOOD.match(value or ""):
                self.wrong.append(f"href {value}")
            if name == "src" and not (value or "").startswith(PICTURES):
                self.wrong.append(f"src {value}")


def wrong_in(html: str) -> list[str]:
    """What may not be there."""
    judge = Judge()
    judge.feed(html)
    judge.close()
    return judge.wrong


def test_nothing_of_a_corpus_of_tricks_runs() -> None:
    assert len(CORPUS) > 400
    for trick in CORPUS:
        try:
            html = render_sync(trick, pictures=PICTURES).html
        except Invalid:
            continue  # refused, which is as good
        assert wrong_in(html) == [], trick


def test_the_second_line_stands_by_itself() -> None:
    """Whatever the parser let through, the sanitiser would not."""
    for raw in RAW:
        assert wrong_in(cleaned(raw, PICTURES)) == [], raw
    for url in URLS:
        attribute = url.replace("&", "&amp;").replace('"', "&quot;")
        assert wrong_in(cleaned(f'<a href="{attribute}">x</a><img src="{attribute}">', PICTURES)) == [], url


def test_the_judge_finds_what_runs() -> None:
    for raw in ("<script>x</script>", "<img src=x onerror=y>", "<a href=javascript:x>", "<a href=https://a@b.example>"):
        assert wrong_in(raw), raw


@pytest.mark.parametrize("url", ["https://a.example/b?c=d#e", "mailto:a@b.example", "tel:+5511", "https://wa.me/5511"])
def test_good_links_stay(url: str) -> None:
    html = render_sync(f"[x]({url})", pictures=PICTURES).html
    assert f'href="{url}"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_what_cannot_be_seen_is_gone() -> None:
    assert "\u202e" not in render_sync("a\u202egpj.exe", pictures=PICTURES).html


def test_what_is_nested_too_deep_is_refused_and_never_lost_in_silence() -> None:
    assert "deep" in render_sync(">" * 15 + " deep", pictures=PICTURES).html
    with pytest.raises(Invalid, match="invalid") as refused:
        render_sync(">" * 25 + " deep", pictures=PICTURES)
    assert "nested deeper" in str(refused.value.details)


@pytest.mark.parametrize("heavy", ["[" * 60_000, "*a " * 20_000, "[a](" * 15_000, ">" * 60_000, "`" * 60_000])
def test_the_heaviest_text_of_its_size_takes_seconds_at_most(heavy: str) -> None:
    began = time.process_time()
    with suppress(Invalid):
        render_sync(heavy[: 64 * 1024], pictures=PICTURES)
    assert time.process_time() - began < 10


def test_plain_words_come_from_the_tree() -> None:
    text = render_sync("# Hi\n\nSee [here](https://a.example) & `<b>`\n\n```\ncode\n```", pictures=PICTURES).text
    assert text == "Hi\n\nSee here (https://a.example) & <b>\n\ncode"
