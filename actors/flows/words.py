"""Reading a customer's words: which option they mean, and the words that are understood everywhere.

All comparing is done on folded text: no accents, no case, no punctuation. An option is found by these means, the surest
first, and only where one option alone fits:

1. the whole text is its label or a keyword;
2. its number: "2", "2.", "opção 2", "two", "dois", "segunda";
3. the text is part of its label: "atendente" in "Falar com atendente";
   -- here come the words that are understood everywhere (`command_in`), so that an option may use them itself --
4. its label or a keyword stands in the text: "o financeiro, por favor";
5. the text is how its label, or a word of it, begins, from three letters on: "fin";
6. one letter wrong, missing, too many or swapped, from five letters on: "finaceiro".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from plixa.actors.folding import folded, with_places

PREFIX_FROM = 3
TYPO_FROM = 5
LONGEST = 1000
"""Characters of a customer's text that are looked at."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split("|"))


_NUMBERS = {
    1: "one um uma uno una first primeiro primeira primero primera",
    2: "two dois duas dos second segundo segunda",
    3: "three tres third terceiro terceira tercero tercera",
    4: "four quatro cuatro fourth quarto quarta cuarto cuarta",
    5: "five cinco fifth quinto quinta",
    6: "six seis sixth sexto sexta",
    7: "seven sete siete seventh setimo setima septimo septima",
    8: "eight oito ocho eighth oitavo oitava octavo octava",
    9: "nine nove nueve ninth nono nona noveno novena",
    10: "ten dez diez tenth decimo decima",
}
NUMBER_WORDS = {word: number for number, words in _NUMBERS.items() for word in words.split()}
_LEAD = r"(?:(?:opcao|opcion|option|numero|number|num|no|n|nr|item|the|a|o|la|el|quero|quiero|i want) )*"
_NUMBERED = re.compile(rf"{_LEAD}(\d{{1,2}}|{'|'.join(NUMBER_WORDS)})(?: (?:opcao|opcion|option|por favor|please))?")
_POLITE = re.compile(rf"{_LEAD}(.*?)(?: (?:por favor|please))?")

_RESET = _set(
    "menu|menu principal|main menu|inicio|iniciar|reiniciar|recomecar|comecar de novo|voltar ao inicio|voltar ao menu|"
    "start|start over|restart|begin again|back to start|back to menu|back to the menu|"
    "empezar de nuevo|volver a empezar|volver al inicio|volver al menu"
)
_AGENT = (
    "atendente|humano|humana|agente|asesor|asesora|agent|human|operator|operador|operadora|representative|representante"
)
_ANYONE = f"{_AGENT}|pessoa|alguem|persona|alguien|person|someone|somebody|attendant|atendimento humano|atencion humana"
_TALK = "falar|fala|conversar|hablar|charlar|talk|speak|chat|comunicarme"
_WANT = "quero|queria|preciso|quiero|quisiera|necesito|want|need|chama|chame|llama|llame|transfere|transferir|transfer"
_PERSON = _set(f"{_ANYONE}|human please|agent please|atendente por favor|humano por favor")
_ASKED = re.compile(rf"\b(?:{_TALK})\b(?: \w+){{0,4}}? (?:{_ANYONE})\b|\b(?:{_WANT})\b(?: \w+){{0,4}}? (?:{_AGENT})\b")
_CLAUSE_END = re.compile(r"[,.;:!?\n]")
_REFUSED = re.compile(
    rf"\b(?:nao|no|not|dont|don t|nunca|never)(?: (?:i|eu|yo|me|precisa|need to|want to))? (?:{_TALK}|{_WANT})\b"
)
_SKIP = _set(
    "skip|pass|rather not say|n a|-|.|pular|pula|passar|prefiro nao dizer|prefiro nao informar|"
    "saltar|omitir|prefiero no decir"
)


class Choice(Struct, frozen=True):
    """Something that can be chosen. `id` names it, `label` is what the customer sees."""

    id: str
    label: str
    keywords: tuple[str, ...] = ()


class Fit(Struct, frozen=True):
    """The option that was meant, and how that was found."""

    choice: Choice
    how: str


def fold(text: str) -> str:
    """The text without accents, case and punctuation; a text of nothing else (an emoji) stays as it is."""
    return folded(text, LONGEST) or text[:LONGEST].strip()


def command_in(text: str) -> Literal["reset", "person"] | None:
    """The wish to begin again or to talk to a person; understood wherever a flow waits."""
    wholes = {fold(text), *map(fold, text[:LONGEST].splitlines())}
    if wholes & _PERSON or any(_asks_for_person(fold(clause)) for clause in _CLAUSE_END.split(text[:LONGEST])):
        return "person"
    return "reset" if wholes & _RESET else None


def _asks_for_person(clause: str) -> bool:
    return bool(_ASKED.search(clause)) and not _REFUSED.search(clause)


def wants_to_skip(text: str) -> bool:
    """Whether the customer would rather not answer."""
    return fold(text) in _SKIP


def number_in(text: str) -> int | None:
    """The number that the whole text is, in figures or in words."""
    found = _NUMBERED.fullmatch(fold(text))
    if found is None:
        return None
    word = found[1]
    return NUMBER_WORDS[word] if word in NUMBER_WORDS else int(word)


def surely(choices: Sequence[Choice], text: str) -> Fit | None:
    """The option by the sure means, 1 to 3."""
    said = fold(text)
    if not said:
        return None
    if fit := _only(choices, lambda name: name == said, "is the name or a keyword"):
        return fit
    placed = _plainly(said)
    if fit := _only(choices, lambda name: with_places(name) == placed, "is the name or a keyword"):
        return fit
    number = number_in(text)
    if number is not None and 1 <= number <= len(choices):
        return Fit(choices[number - 1], f"is number {number}")
    if len(said) < PREFIX_FROM:
        return None
    return _only(choices, lambda name: f" {placed} " in f" {with_places(name)} ", "is part of the name")


def _plainly(said: str) -> str:
    """Places in figures, without what is said around a choice: "a segunda via, por favor" → "2 via"."""
    polite = _POLITE.fullmatch(said)
    return with_places(polite[1] if polite and polite[1] else said)


def probably(choices: Sequence[Choice], text: str) -> Fit | None:
    """The option by the less sure means, 4 to 6."""
    said = fold(text)
    placed = f" {_plainly(said)} "
    inside = _only(choices, lambda name: len(name) > 1 and f" {with_places(name)} " in placed, "has the name in it")
    if inside or len(said) < PREFIX_FROM:
        return inside
    if fit := _only(choices, lambda name: f" {name}".find(f" {said}") >= 0, "is how the name begins"):
        return fit
    return _only(
        choices, lambda name: any(one_letter_off(said, part) for part in (name, *name.split())), "is nearly it"
    )


def _only(choices: Iterable[Choice], fits: Callable[[str], bool], how: str) -> Fit | None:
    """The one option that fits; none if several do."""
    found = [choice for choice in choices if any(fits(name) for name in names_of(choice))]
    return Fit(found[0], f"{how} of this option alone") if len(found) == 1 else None


@lru_cache(maxsize=4096)
def names_of(choice: Choice) -> tuple[str, ...]:
    """What it may be called, folded. Remembered: these are the author's words, never a customer's."""
    return tuple(name for name in map(fold, (choice.label, *choice.keywords)) if name)


def place_of(name: str) -> int:
    """The place in a list that a folded name would mean: 2 for "2", "two" or "dois"; 0 for any other word."""
    return NUMBER_WORDS.get(name) or (int(name) if name.isascii() and name.isdigit() and len(name) < 4 else 0)


def one_letter_off(one: str, other: str) -> bool:
    """Whether two words of at least five letters differ in one letter, or in the order of two neighbours."""
    if min(len(one), len(other)) < TYPO_FROM or abs(len(one) - len(other)) > 1 or one == other:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return swapped or short[at + 1 :] == long[at + 1 :]
