"""Every letter in every language: nothing is missing, nothing gets out of its place, and every link is ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given, strategies as st
from PIL import Image
from tests.clients.mail.pictures import BROWSER, HIGH, TILE, draw, letters
from tests.clients.mail.values import VALUES

from plixa.engine.clock import SystemClock
from plixa.http.clients.mail.formats import length, moment, seconds, span
from plixa.http.clients.mail.kinds import KINDS, BadValues, as_date, as_time, clean, zone_of
from plixa.http.clients.mail.message import to_message
from plixa.http.clients.mail.port import Mail
from plixa.http.clients.mail.render import render
from plixa.http.clients.mail.templates import catalogue, locale_of
from plixa.http.clients.mail.templates.words import LOCALES, Letter, Unit

QUIET = {
    "conversations_opened": 0,
    "conversations_resolved": 0,
    "messages_in": 0,
    "messages_out": 0,
    "sla_breaches": 0,
}
EVERY = [(kind, locale) for kind in KINDS for locale in LOCALES]


class Page(HTMLParser):
    """The tags, links and words of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: set[str] = set()
        self.handlers: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action"):
                self.links.add(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def links_of(text: str) -> set[str]:
    return set(re.findall(r"https?://\S+", text))


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_every_letter_in_every_language(kind: str, locale: str) -> None:
    letter = render(kind, locale, VALUES)
    page = Page(letter.html)
    assert Mail(to="a@b.co", subject=letter.subject, text=letter.text, html=letter.html, tag=kind, idempotency_id="1")
    for form in (letter.subject, letter.text, page.text):
        assert not re.search(r"[{}]|None|</?b>", form.replace(_style(letter.html), "")), form
    assert page.links == links_of(letter.text)
    assert all(link.startswith("https://") for link in page.links)
    assert ("Padaria São João & Filhos" in page.text) is ("company" in KINDS[kind].values)
    assert f'lang="{locale}"' in letter.html


def _style(html: str) -> str:
    found = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def test_the_languages_differ_and_say_the_same() -> None:
    """Each text of each letter holds the same values in all languages, and is another text."""
    english, *others = [catalogue(locale).letters for locale in LOCALES]
    for other in others:
        assert set(other) == set(english) == set(KINDS)
        for kind, letter in other.items():
            assert _fields(letter) == _fields(english[kind]), kind
            assert len(letter.lines) == len(english[kind].lines)
            assert len(letter.after) == len(english[kind].after)
            assert bool(letter.button) is bool(english[kind].button) is bool(KINDS[kind].link)
            assert letter.title != english[kind].title or kind == "daily_digest"
    for locale in LOCALES:
        words = catalogue(locale).words
        assert len(words.months) == 12
        assert all(isinstance(word, Unit) or word for word in words)


def _fields(letter: Letter) -> set[str]:
    texts = [*letter[:3], *letter.lines, *letter.after]
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_which_language_a_locale_means() -> None:
    said = {"en": "en", "pt": "pt-BR", "pt-BR": "pt-BR", "pt_PT": "pt-BR", "PT": "pt-BR", "es": "es", "es-MX": "es"}
    said |= {"fr": "en", "": "en", "../etc": "en", "en-GB": "en"}
    assert {given: locale_of(given) for given in said} == said
    assert locale_of(None) == "en"


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><h1>owned",
    "{company.__class__} {0} %s {{ 7*7 }}",
    "Bank\r\nBcc: everyone@example.com",
    "Win at https://evil.example/now javascript:alert(1)",
    "\u202egnp.exe\u200b\ufeff",
    "\ud800\x00\x1b[31m",
    "<b>bold</b> &amp; &lt;",
    "x" * 10_000,
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_stay_names(kind: str, hostile: str) -> None:
    values = VALUES | dict.fromkeys(("name", "inviter", "company", "new_email"), hostile)
    values["stats"] = {**QUIET, "busiest": [{"name": hostile, "replies": 1}]}
    letter, harmless = render(kind, "pt", values), render(kind, "pt", VALUES | {"stats": values["stats"]})
    page, expected = Page(letter.html), Page(harmless.html)
    assert page.tags == expected.tags
    assert page.handlers == []
    assert page.links == expected.links
    assert links_of(letter.text) == links_of(harmless.text)
    mail = Mail(to="a@b.co", subject=letter.subject, text=letter.text, html=letter.html, tag=kind, idempotency_id="1")
    assert to_message(mail, "Plixa <a@b.co>", SystemClock().now()).keys().count("Bcc") == 0
    assert len(letter.subject) <= 300


@given(st.text(max_size=40))
def test_any_name_gives_a_letter_that_can_be_sent(name: str) -> None:
    letter = render("invitation", "es", VALUES | {"company": name, "inviter": name, "name": name})
    Mail(to="a@b.co", subject=letter.subject, text=letter.text, html=letter.html, tag="t", idempotency_id="1")
    assert Page(letter.html).tags.count("script") == 0
    assert len(clean(name)) <= 120


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", "https://", "https://a b", 'https://a/"x', None,
     7, "https://a/\r\nb", "ftp://a", "https://[", "https://a/" + "x" * 3000, "mailto:a@b.co"],
)  # fmt: skip
def test_a_link_that_is_none_is_refused(url: object) -> None:
    for field in ("accept_url", "logo_url"):
        if field == "logo_url" and not url:
            continue
        with pytest.raises(BadValues):
            render("invitation", "en", VALUES | {field: url})


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(BadValues) as caught:
        render("invitation", "en", {"company": 7})
    for field in ("inviter", "company", "accept_url", "expires_at"):
        assert field in str(caught.value)
    for wrong in ({"period": "yearly"}, {"stats": {}}, {"from_date": "soon"}, {"stats": None}):
        with pytest.raises(BadValues):
            render("daily_digest", "en", VALUES | wrong)
    for kind, wrong in (("password_reset", {"minutes": "x"}), ("password_changed", {"at": "2026-05-25T12:00:00"})):
        with pytest.raises(BadValues):
            render(kind, "en", VALUES | wrong)
    with pytest.raises(BadValues, match="there is no letter"):
        render("spam", "en", VALUES)


def test_times_are_shown_in_the_zone_of_the_workspace() -> None:
    assert "until 1 June 2026, 12:00 (UTC−03:00)" in render("invitation", "en", VALUES).text
    assert "até 1º de junho de 2026, 12:00" in render("invitation", "pt", VALUES).text
    nowhere = render("invitation", "es", VALUES | {"timezone": "Nowhere/X"})
    assert "hasta el 1 de junio de 2026, 15:00 (UTC)" in nowhere.text
    assert (
        "7 June 2026" in render("trial_ending", "en", VALUES).subject
    )  # 2 h after midnight in UTC, the day before there
    words = catalogue("en").words
    assert moment(words, as_time("2026-05-25T12:00:00+05:30")).endswith("12:00 (UTC+05:30)")
    day = as_date("2026-05-25", zone_of(None))
    assert span(words, day, day) == "25 May 2026"


@pytest.mark.spec(155)
def test_a_digest_of_a_busy_week() -> None:
    text = render("daily_digest", "pt-BR", VALUES).text
    for line in (
        "Conversas abertas: 1.284",
        "Mensagens recebidas: 10.432",
        "Primeira resposta (mediana): 4 min 12 s",
        "Violações de SLA: 7",
        "Satisfação dos clientes: 4,6 de 5 (312 avaliações)",
        "Bruno Sá: 2.210 respostas",
        "Davi: 1 resposta",
    ):
        assert line in text


@pytest.mark.spec(157)
def test_a_digest_of_a_workspace_without_activity() -> None:
    letter = render("daily_digest", "en", VALUES | {"stats": QUIET, "period": "daily", "from_date": "2026-05-24"})
    assert letter.subject == "Padaria São João & Filhos: Daily summary, 24 May 2026"
    assert "Median first response: –" in letter.text
    assert "Busiest" not in letter.html


def test_durations() -> None:
    words = catalogue("es").words
    assert [length(words, n) for n in (1, 15, 60, 90, 120, 1440, 10080)] == [
        "1 minuto", "15 minutos", "1 hora", "90 minutos", "2 horas", "1 día", "7 días"
    ]  # fmt: skip
    assert [seconds(n) for n in (0, 59.4, 60, 252.4, 3600, 3900, 90_000, -1)] == [
        "0 s", "59 s", "1 min", "4 min 12 s", "1 h", "1 h 5 min", "1 d 1 h", "0 s"
    ]  # fmt: skip


def test_a_logo_takes_the_place_of_the_name() -> None:
    html = render("invitation", "en", VALUES | {"logo_url": "https://app.plixa.app/i/1"}).html
    assert '<img class="logo" src="https://app.plixa.app/i/1" alt="Padaria São João &amp; Filhos"' in html


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine to draw the letters with")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("locale", LOCALES)
def test_the_letters_as_pictures(locale: str, dark: bool, tmp_path: Path) -> None:
    """One picture with all letters of a language, to look at under pytest's `tmp_path`; none of them is empty."""
    drawn = letters(locale)
    picture = draw(list(drawn.values()), tmp_path / "letters.png", dark=dark)
    with Image.open(picture) as image:
        sheet = image.convert("RGB")
    for number, kind in enumerate(drawn):
        left, top = number % 4 * TILE, number // 4 * HIGH
        tile = sheet.crop((left, top, left + TILE, top + HIGH))
        assert len(tile.getcolors(TILE * HIGH) or []) > 30, f"{kind} is empty"
        ground = tile.getpixel((2, HIGH - 2))
        assert isinstance(ground, tuple)
        assert (sum(ground) < 150) is dark, f"{kind} is not in the colours that were asked for"
