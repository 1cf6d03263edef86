"""How a question is put, and what an answer to it means.

A menu's options are numbered under the text, or go along as buttons; the options of a question of kind `choice` are
numbered. When the question is put again, the options come again with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from plixa.actors.flows import menus, nodes as n, values, words
from plixa.actors.flows.phrases import phrase
from plixa.actors.flows.run import Context, Said
from plixa.actors.flows.words import Choice

Question = n.Menu | n.Capture


class Reply(Struct, frozen=True):
    """What an answer means. branch: the way to go on; value: what was captured. Neither: it did not fit.

    `chosen` is the label of a menu's option; `how` says how that was found, or what is wrong.
    """

    how: str
    branch: str | None = None
    chosen: str | None = None
    value: str | None = None

    @property
    def fits(self) -> bool:
        """Whether the flow may go on."""
        return self.branch is not None or self.value is not None


def choices_of(question: Question) -> list[Choice]:
    """What there is to choose from; none for a free question."""
    if isinstance(question, n.Menu):
        return [Choice(option.id, option.label, option.keywords) for option in question.data.options]
    return values.choices_of(question.data.options) if question.data.kind == "choice" else []


def put(question: Question, lead: str) -> tuple[str, tuple[Choice, ...]]:
    """The words of a question and its buttons, beginning with `lead`."""
    choices = choices_of(question)
    if isinstance(question, n.Menu) and question.data.shown_as == "buttons":
        return lead, tuple(choices)
    return with_numbers(lead, choices), ()


def with_numbers(text: str, choices: Sequence[Choice]) -> str:
    """The text with its options numbered below."""
    return "\n\n".join(part for part in (text, menus.numbered(choices)) if part)


def objection(question: Question, locale: str) -> str:
    """What to say to an answer that does not fit, where the author wrote nothing."""
    return phrase("menu" if isinstance(question, n.Menu) else question.data.kind, locale)


def pressed(question: Question, said: Said) -> Reply | None:
    """The option whose button was pressed; None where none of this question's was."""
    chosen = next((choice for choice in choices_of(question) if said.choice_id == choice.id), None)
    return None if chosen is None else _chosen(question, chosen, "the button was pressed")


def surely(question: Question, said: Said) -> Reply | None:
    """The meaning of an answer that leaves no doubt: a button, an option's name or its number."""
    if tapped := pressed(question, said):
        return tapped
    choices = choices_of(question)
    for line in _lines(said.text):
        fit = words.surely(choices, line)
        if fit is not None:
            return _chosen(question, fit.choice, f"the answer {fit.how}")
    return None


def _lines(text: str) -> list[str]:
    """The whole text, then its lines from the last on: people send "oi" and "2" as two messages, heard as one."""
    lines = text[: words.LONGEST].splitlines()
    return [text, *reversed(lines)] if len(lines) > 1 else [text]


def heard(question: Question, said: Said, context: Context) -> Reply:
    """The meaning of an answer, by the less sure means too."""
    if isinstance(question, n.Menu):
        fit = words.probably(choices_of(question), said.text)
        return (
            Reply("it is none of the options")
            if fit is None
            else _chosen(question, fit.choice, f"the answer {fit.how}")
        )
    if not question.data.required and words.wants_to_skip(said.text):
        return Reply("the customer would rather not say", value="")
    answer = values.read(question.data, said.text, context.now.date(), context.locale)
    return Reply(answer.how, value=answer.value)


def _chosen(question: Question, choice: Choice, how: str) -> Reply:
    if isinstance(question, n.Menu):
        return Reply(how, branch=choice.id, chosen=choice.label)
    return Reply(how, value=choice.label)
