"""The answers of a business without a language model: from its FAQs, its hours and services, and rules. Pure.

The promise is the same as with a model, only narrower: an answer is the business's own words, with their source, and
where no source clearly fits, a person takes over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from plixa.actors.ai import phrases, prompts, replies, shaping
from plixa.actors.ai.forms import Action, HandOff, ListSlots, MyAppointments, SendReply
from plixa.actors.ai.guard import safe_name
from plixa.actors.ai.hours import parse
from plixa.actors.ai.lexicon import THANKS, TO_BOOK, TO_CHANGE
from plixa.actors.ai.selection import asked, shown
from plixa.actors.ai.similarity import Match, best, concepts, is_courtesy
from plixa.actors.ai.text import words
from plixa.actors.ai.values import (
    BuiltFlow,
    DialogueTurn,
    ExtractedHours,
    Improved,
    Knowledge,
    ReplyOutcome,
    ReplyRequest,
    Shorter,
    Suggestions,
    Summary,
    unused,
)
from plixa.actors.flows.templates import template
from plixa.engine.errors import Invalid

REPLY_VERSION = "embedded-reply/1"
SUGGESTIONS_VERSION = "embedded-suggestions/1"
SUMMARY_VERSION = "embedded-summary/1"
IMPROVE_VERSION = "embedded-improve/1"
SHORTEN_VERSION = "embedded-shorten/1"
FLOW_VERSION = "embedded-flow/1"
NAMING = 3
"""A word longer than this names something; shorter ones stand between."""

_TEMPLATES = {
    "lead": "lead leads form formulario cadastro captar capturar capture e-mail email nome",
    "ai_first": "ia ai inteligencia artificial robo bot responder answers",
    "reception": "recepcao reception menu welcome boas vindas recepcion bienvenida opcoes options opciones atendimento "
    "setor setores vendas suporte sales support greeting saudacao saludo",
}


def reply(request: ReplyRequest) -> ReplyOutcome:
    """Answer from the knowledge, or hand off."""
    early = replies.before(request)
    if early is not None:
        return early
    action, why = _wish(request)
    return replies.judge(request, action, unused(REPLY_VERSION), note=why)


def _wish(request: ReplyRequest) -> tuple[Action, str]:
    knowledge, _ = shown(request)
    question = asked(request.turns)
    if (wished := _of_the_agenda(question, request)) is not None:
        return wished, "They want something of the agenda."
    match, next_one = best(question, knowledge.faqs)
    if match is not None:
        return SendReply(match.faq.answer, (match.faq.source,)), _why(match, next_one)
    if is_courtesy(question):
        return _courtesy(question, request), "The customer only greets or thanks."
    known = _known(question, knowledge)
    if known is not None:
        return known, "No FAQ fits; the question is about what the settings say."
    near = f" The nearest is {next_one.faq.source} at {next_one.score:.2f}." if next_one and next_one.score else ""
    return HandOff("not_grounded", f"Nothing in the knowledge clearly answers this.{near}"), ""


def _of_the_agenda(question: str, request: ReplyRequest) -> Action | None:
    """Times to choose from, or what they have, where their words say so and there is something to be booked."""
    said, services = frozenset(words(question)), prompts.bookable(request)
    if not services or not said & (TO_BOOK | TO_CHANGE):
        return None
    if said & TO_CHANGE and (request.booked or not said & TO_BOOK):
        return MyAppointments("show")
    named = [id_ for id_, name in services.items() if _names(said, name)]
    return ListSlots(named[0] if len(named) == 1 else 0)


def _names(said: frozenset[str], name: str) -> bool:
    return any(len(word) > NAMING and word in said for word in words(name))


def _why(match: Match, next_one: Match | None) -> str:
    rest = f"; next {next_one.faq.source} at {next_one.score:.2f}" if next_one else ""
    return f"{match.faq.source} fits at {match.score:.2f}{rest}."


def _courtesy(question: str, request: ReplyRequest) -> SendReply:
    key = "thanks" if any(word in THANKS for word in words(question)) else "greeting"
    name = safe_name(request.customer_name).partition(" ")[0]
    return SendReply(phrases.say(key, request.knowledge.locale, name=name), ("dialogue",))


def _known(question: str, knowledge: Knowledge) -> SendReply | None:
    """What the settings say about the hours or the services, where the question is about nothing else."""
    about = concepts(question)
    if knowledge.opening and about == frozenset({"hours"}):
        return SendReply(phrases.say("hours", knowledge.locale, text=_opening(question, knowledge)), ("hours",))
    if knowledge.services and about == frozenset({"service"}):
        return SendReply(phrases.say("services", knowledge.locale, text=knowledge.services), ("services",))
    return None


def _opening(question: str, knowledge: Knowledge) -> str:
    """The hours, and the closed days of later on where the question names one of them."""
    later = set(words(knowledge.closed_later)) & {word for word in words(question) if len(word) > NAMING}
    return knowledge.opening if later or not knowledge.hours else knowledge.hours


def suggest(request: ReplyRequest) -> Suggestions:
    """The nearest FAQs' answers where they are short, then courtesies."""
    knowledge, _ = shown(request)
    match, _ = best(asked(request.turns), knowledge.faqs)
    proposed = [match.faq.answer] if match is not None else []
    known = _known(asked(request.turns), knowledge)
    proposed += [known.text] if known is not None else []
    return shaping.suggestions(proposed, request, unused(SUGGESTIONS_VERSION))


def summarise(turns: Sequence[DialogueTurn], locale: str) -> Summary:
    """What can be said without understanding, labelled as such."""
    told = list(shaping.plain_sentences(turns, locale))[: shaping.MAX_SENTENCES - 1]
    return Summary(" ".join([phrases.say("label", locale), *told]), unused(SUMMARY_VERSION))


def improve(text: str, locale: str) -> Improved:
    """The same text, tidied, and a list of what it does not say."""
    return Improved(shaping.tidied(text), shaping.missing_facts(text, locale), unused(IMPROVE_VERSION))


def shorten(text: str) -> Shorter:
    """Without what it says twice: without a model nothing is said in other words."""
    return Shorter(shaping.terse(text), unused(SHORTEN_VERSION))


def extract_hours(text: str) -> ExtractedHours:
    """By rules."""
    return parse(text)


_NEW = frozenset(
    words(
        "build create make new start crie criar cria faça fazer monte montar novo nova crea crear haz nuevo "
        "want need quero preciso gostaria quiero necesito"
    )
)
_CHANGE = frozenset(
    words(
        "add change edit remove delete rename replace move put instead also without swap update adicione adicionar "
        "acrescente inclua incluir mude mudar altere alterar troque trocar tire remova remover apague coloque ponha "
        "renomeie substitua também agrega agregar añade cambia cambiar quita quitar pon borra reemplaza "
        "more another option after before mais outra outro opção depois antes más otra otro opción después"
    )
)
"""What people say who want a flow, and who want it otherwise; folded."""


def asks_for_a_new_flow(history: Sequence[DialogueTurn]) -> bool:
    """Whether the owner's last words ask for another flow instead of the one that there is, and not for a change."""
    said = set(words(asked(history)))
    return bool(said & _NEW) and not said & _CHANGE


def build_flow(history: Sequence[DialogueTurn], locale: str) -> BuiltFlow:
    """A ready-made flow, if the owner's last words ask for one. Raises Invalid if they do not."""
    said = set(words(asked(history).replace("e-mail", "email")))
    scores = {name: len(said & set(keys.split())) for name, keys in _TEMPLATES.items()}
    name = max(scores, key=lambda each: scores[each])
    if not scores[name]:
        raise Invalid({"history": [phrases.say("no_flow", locale)]})
    graph = json.dumps(template(name, locale), ensure_ascii=False)
    return BuiltFlow(graph, phrases.say("flow", locale, text=name), unused(FLOW_VERSION))
