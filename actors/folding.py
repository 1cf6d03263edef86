"""One spelling for what reads the same, whoever typed it: without case and accents, and, if wanted, punctuation.

What is searched for, chosen in a menu, matched by a rule or compared by the AI's checks is folded by this.

Every text is bounded before it is folded and after, since one character may stand for eighteen. Characters are folded
one by one: `unicodedata.normalize` also sorts the marks on a letter, by a method that takes seconds for thousands of
them on one, and marks go anyway.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

READ = 8_000
"""Characters of somebody's message that rules, flows, surveys and the AI read. People may write 65,536, and all of it
is kept and shown; but who asks for something does so long before this, and everybody else waits for the reading."""

_ALONE = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ŋ": "n"}
)
"""Letters that have no parts to be taken off, as they are typed by who has no such keys."""
_UNSEEN = ("Mn", "Me", "Cf")
_APART = re.compile(r"[\W_]+")
_APART_ASCII = re.compile(r"[\W_]+", re.ASCII)


class _Bare(dict[int, str]):
    """For `str.translate`: marks go. Looked up once for each character there is, for texts are folded all the time."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        seen = "".join(part for part in parts if unicodedata.category(part) not in _UNSEEN)
        self[code] = bare = seen.translate(_ALONE)
        return bare


_bare = _Bare()


def bare(text: str) -> str:
    """Lower case without accents and what cannot be seen: "Horário" and "HORARIO" are one. Idempotent."""
    return text.lower() if text.isascii() else text.translate(_bare)


def folded(text: str | None, longest: int) -> str:
    """ "  José d'Ávila " → "jose d avila". Words are parted by one space; what has no words is "". Idempotent."""
    if not text:
        return ""
    plain = bare(text[:longest])
    return (_APART_ASCII if plain.isascii() else _APART).sub(" ", plain).strip()[:longest]


_MARKS = "'’ʼ´`"
_MARKED = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
"""Letters and apostrophes: each such run is read once, however long it is."""
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
WINDOW = 8
"""Letters of a script without spaces that are looked for in one piece."""


def searchable(text: str | None, longest: int, more: int) -> str:
    """What is kept of a text to be found by the beginnings of its words: `folded`, and what else it is looked for by.

    "d'Ávila" is found by "davila", too, and Chinese, Japanese, Korean or Thai from any letter on. more: characters.
    """
    plain = folded(text, longest)
    return f"{plain} {' '.join(_also(text or '', plain, longest))[:more]}".strip()


def _also(text: str, plain: str, longest: int) -> Iterator[str]:
    for marked in _MARKED.findall(bare(text[:longest])):
        elided = marked.strip(_MARKS)
        if not elided.isalnum():
            yield _APART.sub("", elided)
    for run in _WITHOUT_SPACES.findall(plain):
        yield from (run[start : start + WINDOW] for start in range(1, len(run)))


def sought(text: str | None, longest: int) -> list[str]:
    """The words that are looked for, each as a beginning of one that `searchable` keeps."""
    return [piece for word in folded(text, longest).split() for piece in _pieces(word)]


def is_without_spaces(word: str) -> bool:
    """Whether a word is of a script that parts none, so that it may stand within what is kept as one."""
    return _WITHOUT_SPACES.fullmatch(word) is not None


def _pieces(word: str) -> list[str]:
    if len(word) <= WINDOW or not is_without_spaces(word):
        return [word]
    return [word[start : start + WINDOW] for start in range(0, len(word), WINDOW)]


_ORDINALS = {
    word: str(number)
    for number, words in enumerate(
        (
            "first primeiro primeira primero primera primer", "second segundo segunda",
            "third terceiro terceira tercero tercera tercer", "fourth quarto quarta cuarto cuarta",
            "fifth quinto quinta", "sixth sexto sexta", "seventh setimo setima septimo septima",
            "eighth oitavo oitava octavo octava", "ninth nono nona noveno novena", "tenth decimo decima",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_PLACED = re.compile(r"([0-9]{1,3})(?:a|o|st|nd|rd|th|ra|ro|er|da|do|ta|to)")


def with_places(folded: str) -> str:
    """Folded words with places in figures: "segunda via", "2a via" (which was "2ª via") and "2 via" are one."""
    return " ".join(_place(word) for word in folded.split())


def _place(word: str) -> str:
    figure = _PLACED.fullmatch(word)
    return figure[1] if figure else _ORDINALS.get(word, word)


_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_WITHOUT_LOOKS = frozenset({"Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"})


def is_blank(text: str) -> bool:
    """Whether there is nothing in it that can be seen: spaces, and what only joins or turns."""
    return all(unicodedata.category(char) in _WITHOUT_LOOKS or char in _FILLERS for char in text)


_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OF_NUMBERS = frozenset("0123456789+-().")


def upright(text: str) -> str:
    """The text without the signs that turn it around: "fdp.exe" is not to be read as "exe.pdf"."""
    return _TURNING.sub("", text)


def one_line(text: str) -> str:
    """A name on one line, without signs that turn the text around."""
    return " ".join(upright(text).split())


def name_of(text: str | None) -> str | None:
    """The name on one line; None for a number, in whichever form, and for what cannot be seen."""
    name = one_line(text or "")
    told = any(char.isprintable() and not (char.isspace() or char in _OF_NUMBERS) for char in figures(name))
    return name if told else None


class _Figures(dict[int, str]):
    """For `str.translate`: each character as it stands among figures."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _as_figure(chr(code))
        return plain


def _as_figure(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in ("Cf", "Mn", "Me"):  # what turns or joins text and has no look of its own
        return ""
    if category == "Pd" or char == "\u2212":
        return "-"
    if category == "Zs" or char in "\t\n\r":
        return " "
    alike = unicodedata.normalize("NFKC", char)
    return alike if len(alike) == 1 and alike.isascii() and not alike.isalnum() else char


_figures = _Figures()


def figures(text: str) -> str:
    """What a person wrote as a number, in ASCII's signs: "＋５５\u2011١١" and "+55-11" are one.

    Digits of every script, dashes and spaces of every width become ASCII's; what cannot be seen goes. Letters stay.
    """
    return text.translate(_figures)
