"""The words by which somebody says that they want no more, and what they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plixa.actors.folding import folded

LONGEST = 200
"""Characters of a reply that are read: who writes more has more to say."""
TOLD: Mapping[str, str] = {
    "en": "Done: you will get no more broadcasts from us. You can still write to us here at any time.",
    "pt": "Pronto: você não receberá mais nossas mensagens em massa. Pode continuar falando conosco por aqui.",
    "es": "Listo: ya no recibirás nuestros envíos masivos. Puedes seguir escribiéndonos por aquí cuando quieras.",
}


def opts_out(text: str, words: Iterable[str]) -> bool:
    """Whether a reply is one of these words and nothing else, whatever its case, accents and punctuation."""
    if len(text) > LONGEST:
        return False
    said = folded(text, LONGEST)
    return bool(said) and said in {folded(word, LONGEST) for word in words}


def told_in(locale: str) -> str:
    """What whoever opted out is told, in the language of this locale."""
    return TOLD[locale.partition("-")[0]]
