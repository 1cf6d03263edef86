"""What is said of why a conversation was late, or is not answered, in the languages of members.

What a decision said of itself at its time (`{why}`) is quoted as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "pt-BR", "es"]
Said = Literal[
    "queue", "not_sent", "nothing_said", "ai_handed_off", "nobody", "assignee", "human", "ai_off", "plan", "quiet"
]
SAID: Mapping[Language, Mapping[Said, str]] = {
    "en": {
        "queue": "It waited in the queue: {why}",
        "not_sent": "An answer did not go out: {why}",
        "nothing_said": "Nothing was said by itself: {why}",
        "ai_handed_off": "The AI left it to a person ({why}).",
        "nobody": "Nobody looked after it.",
        "assignee": "{name} had it, and did not answer in time.",
        "human": "A person leads: nothing answers by itself until they are done or give it back.",
        "ai_off": "The AI is switched off.",
        "plan": "The plan does not include the AI.",
        "quiet": "They may still be writing: answers wait for {seconds} s of quiet.",
    },
    "pt-BR": {
        "queue": "Esperou na fila: {why}",
        "not_sent": "Uma resposta não saiu: {why}",
        "nothing_said": "Nada foi dito automaticamente: {why}",
        "ai_handed_off": "A IA deixou para uma pessoa ({why}).",
        "nobody": "Ninguém cuidava dela.",
        "assignee": "Estava com {name}, que não respondeu a tempo.",
        "human": "Uma pessoa conduz: nada responde automaticamente até que ela termine ou devolva.",
        "ai_off": "A IA está desligada.",
        "plan": "O plano não inclui a IA.",
        "quiet": "O cliente ainda pode estar escrevendo: as respostas esperam {seconds} s de silêncio.",
    },
    "es": {
        "queue": "Esperó en la cola: {why}",
        "not_sent": "Una respuesta no salió: {why}",
        "nothing_said": "Nada se dijo automáticamente: {why}",
        "ai_handed_off": "La IA se lo dejó a una persona ({why}).",
        "nobody": "Nadie la atendía.",
        "assignee": "La tenía {name}, que no respondió a tiempo.",
        "human": "Una persona lleva la conversación: nada responde automáticamente hasta que termine o la devuelva.",
        "ai_off": "La IA está apagada.",
        "plan": "El plan no incluye la IA.",
        "quiet": "El cliente puede seguir escribiendo: las respuestas esperan {seconds} s de silencio.",
    },
}


def said(what: Said, locale: str, **given: str) -> str:
    """The sentence in the language of this locale; English for any that there is not."""
    names: Mapping[str, Language] = {"pt": "pt-BR", "es": "es"}
    language: Language = names.get(locale[:2].lower(), "en")
    return SAID[language][what].format(**given)
