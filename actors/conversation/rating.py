"""Reading a rating from 1 to 5 out of what a customer writes.

Careful rather than clever: a text is read only if *every* word of it is known here, as a number, a verdict or one of
the words that go with them. One unknown word ("pães", "order", "quero") and it is no rating: a new request must never
vanish into a survey. The one exception is a remark: a whole sign for a rating, a stop, and a sentence that neither asks
nor counts ("5. Tudo certo", "4 estrelas, demorou um pouco").
Punctuation and emoji do not matter, save stars, which are counted, and signs that mean something
else.
"""

from __future__ import annotations

import re
from typing import Literal

from plixa.actors.ai.text import fold

Reading = int | Literal["unclear", "declined"] | None
"""1-5; `unclear`: about the survey, but no rating ("10", "thanks", an emoji); `declined`: they would rather not;
None: about something else."""

LONGEST = 120
MOST_WORDS = 12
OTHER_SIGNS = frozenset("?¿%#@$€£¥₹")
"""A question, a share, a reference, a price: no rating."""
SPELT: dict[str, str] = {
    "out of": "/",
    "mais ou menos": "regular",
    "mas o menos": "regular",
    "so so": "regular",
    "nao gostei": "ruim",
    "gostei muito": "adorei",
    "me gusto mucho": "encanto",
    "gostei": "bom",
    "no me gusto": "malo",
    "not good": "bad",
    "pelo atendimento": "obrigado",
    "pela atencao": "obrigado",
    "por el servicio": "gracias",
    "por la atencion": "gracias",
    "for the service": "thanks",
    "foi tudo": "foi",
    "fue todo": "fue",
    "everything was": "was",
    "tudo otimo": "otimo",
    "tudo perfeito": "perfeito",
    "tudo excelente": "excelente",
    "todo perfecto": "perfecto",
    "todo excelente": "excelente",
}


def _by_word(lists: dict[int, str]) -> dict[str, int]:
    return {word: number for number, words in lists.items() for word in words.split()}


def _set(*lists: str) -> frozenset[str]:
    return frozenset(word for words in lists for word in words.split())


NUMBERS = _by_word(
    {
        1: "um uma uno una un one",
        2: "dois duas dos two",
        3: "tres three",
        4: "quatro cuatro four",
        5: "cinco five",
        0: "zero cero",
        6: "seis six",
        7: "sete siete seven",
        8: "oito ocho eight",
        9: "nove nueve nine",
        10: "dez diez ten",
    }
)
VERDICTS = _by_word(
    {
        1: "pessimo pessima pesimo pesima terrible terrivel horrible horrivel awful",
        2: "ruim bad malo mala mal fraco poor insatisfeito insatisfeita insatisfecho insatisfecha unsatisfied",
        3: "regular razoavel medio average normal",
        4: "bom boa good bueno buena buen bem bien nice satisfeito satisfeita satisfecho satisfecha satisfied",
        5: "otimo otima excelente excellent great perfeito perfeita perfect perfecto perfecta maravilhoso maravilhosa"
        " amazing awesome fantastic fantastico genial top adorei amei loved encanto",
    }
)
VERY = _set("muito muy very really super")
INTENSIFIED = {4: 5, 2: 1}
"""Right before a verdict they turn good into excellent, and bad into terrible."""
THANKS = _set("obrigado obrigada obg brigado brigada valeu vlw thanks thank thx gracias grato grata")
PRAISE = _set("parabens congratulations congrats felicidades felicitaciones")
"""Said beside a rating; alone it says nothing of how much."""
POLITE = _set("ok okay bem bien")
"""Beside thanks these are manners, not verdicts."""
MANNERS = THANKS | PRAISE | VERY | POLITE | _set("you muchas muita mil so much")
"""Words that thank, and nothing else."""
UNITS = _set("nota estrela star estrella ponto point punto rating")
"""With nothing but these, "um" and "one" are numbers; elsewhere they are articles."""
NOTED = _set("nota notas rating puntuacion calificacion")
"""With one of these it is about the survey, whatever the figure."""
ARTICLES = frozenset(word for word, number in NUMBERS.items() if number == 1)
BESIDE = (
    MANNERS
    | UNITS
    | _set(
        "estrelas stars estrellas pontos points puntos",
        "avaliacao avalio minha meu eu dou daria e foi o de do atendimento servico voces voce vcs maxima cem",
        "rate i give gave would it you my a an the was is service support all",
        "calificacion puntuacion le les doy mi el la es fue servicio atencion",
    )
)
"""Words that may stand beside a rating. None of them alone asks for anything, and none makes a number a time or an
amount (so no "às", "at", "para", "por")."""
REQUESTS = _set(
    "quero queria quer preciso precisa precisava gostaria pode podem poderia consegue consigo posso marcar",
    "agendar remarcar cancelar pedir pedido pedidos comprar pagar boleto agora amanha hoje hora horas horario manda",
    "mande envia envie mas quando onde como quanto qual porque favor unidade unidades pao paes",
    "want need order orders book cancel pay buy send please can could when where how but now today tomorrow",
    "quiero necesito puede pueden podria reservar comprar ahora manana hoy cuando donde pero",
)
"""With one of these a sentence behind a figure is a request, and the whole is one."""
NO = frozenset({"no", "nao", "not", "don", "dont", "sem", "sin"})
RATING = _set("avaliar avaliacao responder opinar nota calificar evaluar calificacion votar rate answer rating")
WISH = _set("quero quiero prefiro prefiero want prefer rather to eu yo i d don t do would una uma la a dar give dejar")
"""With these alone somebody says that they would rather not rate."""
NOW = frozenset({"now", "agora", "ahora"})

_SPELT = re.compile("|".join(rf"\b{phrase}\b" for phrase in SPELT))
_BELOW_ZERO = re.compile(r"(?:^|\s)[-−]\d")
_TOKEN = re.compile(r"\d+|[^\W\d_]+|/")
_REMARK = re.compile(
    r"([^.,;:!(\n–—]{1,40})"
    r"(?:[.,;:!]+\s*(?![\d\s])|\s{1,20}[-–—]\s+|\s{0,20}\n\s*|\s{0,20}\(|\s{1,20}(?:porque|pq|pois|pues|because)\s+)(.+)",
    re.DOTALL | re.IGNORECASE,
)
_FULL, _HOLLOW = re.compile("[⭐★🌟]"), re.compile("☆")


def understand_rating(text: str) -> int | None:
    """The rating that a text gives, 1-5; None if it gives none, for whatever reason."""
    reading = read(text)
    return reading if isinstance(reading, int) else None


def is_plain_number(text: str) -> bool:
    """Whether a text is a rating in digits and nothing else: "4", "4/5", a keycap."""
    return understand_rating(text) is not None and not any(char.isalpha() for char in text)


def read(text: str) -> Reading:
    """What a text says to the question for a rating."""
    if not text.strip() or len(text) > LONGEST:
        return None
    folded = _SPELT.sub(lambda found: SPELT[found[0]], fold(text))
    words = _TOKEN.findall(folded)
    if len(words) > MOST_WORDS or OTHER_SIGNS & set(folded):
        return None
    if _BELOW_ZERO.search(folded):
        return "unclear"
    if _declines(set(words)):
        return "declined"
    words = _without_scale(words)
    if not all(map(_is_known, words)) and (rated := _apart(folded)) is not None:
        words = _without_scale(_TOKEN.findall(rated[0]))
        folded = rated[0]
    if not all(map(_is_known, words)):
        return None
    return _rating(words, _stars(folded)) or ("unclear" if _is_about_it(words) else None)


def remark(text: str) -> str | None:
    """The sentence behind a rating: "4 estrelas, demorou um pouco" → "demorou um pouco"; None without one."""
    said = text.strip()[:LONGEST]
    found = _REMARK.fullmatch(said)
    if found is None or _apart(fold(text)) is None:
        return None
    return found[2].removesuffix(")") if said[found.start(2) - 1] == "(" else found[2]


def _apart(folded: str) -> tuple[str, str] | None:
    """A figure, spelt or not, and the remark behind it; None where the remark asks for something or counts."""
    found = _REMARK.fullmatch(folded.strip())
    if found is None:
        return None
    figure, words = _TOKEN.findall(found[1]), _TOKEN.findall(found[2])
    is_figure = any(word not in ARTICLES and _number(word) is not None for word in figure) and all(
        word.isdecimal() or word in NUMBERS or word in BESIDE or word == "/" for word in figure
    )
    asks = any(word.isdecimal() or word in REQUESTS or (word in NUMBERS and word not in ARTICLES) for word in words)
    is_remark = not asks and any(word not in BESIDE for word in words)
    return (found[1], found[2]) if is_figure and is_remark else None


def _declines(words: set[str]) -> bool:
    if not words & NO:
        return False
    politely = bool(words & (THANKS | NOW)) and words <= NO | NOW | MANNERS
    return politely or (bool(words & RATING) and words <= NO | NOW | MANNERS | RATING | WISH)


def _is_about_it(words: list[str]) -> bool:
    """Numbers, verdicts, mere thanks, or no word at all. Not "atendimento", which calls for a person."""
    judged = any(word.isdecimal() or word in VERDICTS or (word in NUMBERS and word not in ARTICLES) for word in words)
    return judged or not NOTED.isdisjoint(words) or set(words) <= MANNERS


def _without_scale(words: list[str]) -> list[str]:
    """ "4/5", "4 de 5" and "four out of five" without what they are out of."""
    if len(words) > 2 and _number(words[0]) is None:
        return [words[0], *_without_scale(words[1:])]
    scaled = len(words) > 2 and words[1] in ("/", "de", "of", "sobre", "em") and _number(words[2]) == 5
    return [words[0], *words[3:]] if scaled else words


def _is_known(word: str) -> bool:
    if word.isdecimal():  # not `isdigit`, which "❺" is, too: no number can be made of it
        return len(word) <= 2 and int(word) <= 10
    return word in NUMBERS or word in VERDICTS or word in BESIDE


def _number(word: str) -> int | None:
    return int(word) if word.isdecimal() else NUMBERS.get(word)


def _rating(words: list[str], stars: int) -> int | None:
    """Numbers before stars before verdicts before articles; two that disagree are none."""
    numbers = {number for word in words if word not in ARTICLES and (number := _number(word)) is not None}
    if numbers and stars > 1:  # a single star is a unit: "5 ⭐"
        numbers.add(stars)
    elif stars and not numbers:
        numbers = {stars}
    return _only(numbers or _verdicts(words) or _articles(words))


def _only(found: set[int]) -> int | None:
    return min(found) if len(found) == 1 and found <= {1, 2, 3, 4, 5} else None


def _verdicts(words: list[str]) -> set[int]:
    thanked = not THANKS.isdisjoint(words)
    found: set[int] = set()
    for before, word in zip(["", *words], words, strict=False):
        if word in VERDICTS and not (thanked and word in POLITE):
            verdict = VERDICTS[word]
            found.add(INTENSIFIED.get(verdict, verdict) if before in VERY else verdict)
    return found


def _articles(words: list[str]) -> set[int]:
    return {1} if words and set(words) <= ARTICLES | UNITS and not ARTICLES.isdisjoint(words) else set()


def _stars(folded: str) -> int:
    """ "★★★☆☆" is three: hollow ones count only where there are no others."""
    return len(_FULL.findall(folded)) or len(_HOLLOW.findall(folded))
