"""What is said in members' languages: complete catalogues with the same things filled in, and nothing idle."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from string import Formatter
from types import ModuleType

import pytest
from tests.actors.given import NOON, house

from plixa.actors.conversation import events as ev, explain as timeline
from plixa.actors.conversation.explain import explain
from plixa.actors.conversation.explain_words import DECIDED, NAMED, SAID, TIMELINE as CONVERSATION
from plixa.actors.sayings import Catalogue, sayings
from plixa.actors.scheduling import view
from plixa.actors.scheduling.view_words import TIMELINE as APPOINTMENT
from plixa.actors.workspace.state import Member
from plixa.engine.events import event_types

NAMES = {"Plixa"}
BOTH = pytest.mark.parametrize(("module", "catalogue"), [(timeline, CONVERSATION), (view, APPOINTMENT)])


def _literals(module: ModuleType) -> set[str]:
    """Every text in a module's code that may be said: not its docstrings, names and formats' parts."""
    tree = ast.parse(inspect.getsource(module))
    said: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "_merged"):
            said |= set(_texts(node.args[0]))
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, dict) and name != "SHOWS":
            said |= {each for each in value.values() if isinstance(each, str)}
    return said


def _texts(node: ast.AST) -> Iterator[str]:
    """Those of several words; what is put together by a format is no sentence."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
        yield node.value
    if not isinstance(node, ast.JoinedStr):
        for inner in ast.iter_child_nodes(node):
            yield from _texts(inner)


@BOTH
def test_whatever_is_said_is_in_the_catalogue(module: ModuleType, catalogue: Catalogue) -> None:
    assert {each for each in _literals(module) if each not in NAMES} - set(catalogue) == set()


def test_no_sentence_of_the_timeline_is_idle() -> None:
    source = inspect.getsource(timeline)
    assert [each for each in SAID if each not in source] == []
    assert not set(SAID) & set(NAMED) & set(DECIDED)


def test_every_event_of_a_conversation_has_a_sentence_in_every_language() -> None:
    told = inspect.getsource(timeline)
    events = {name: cls for name, cls in event_types().items() if cls.__module__.startswith(ev.__name__)}
    assert len(events) > 60
    for name, cls in events.items():
        words = f"{name.replace('.', ' ').replace('_', ' ').capitalize()}."
        assert f"ev.{cls.__name__}(" in told or words in CONVERSATION, name


@BOTH
def test_every_sentence_is_in_every_language_with_what_is_filled_in(module: ModuleType, catalogue: Catalogue) -> None:
    def given(sentence: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name}

    for sentence, others in catalogue.items():
        for other in others:
            assert other, sentence
            assert given(sentence) == given(other), sentence


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "Ana looks after it now (No active rule matches)."),
        ("pt-BR", "Agora Ana cuida dela (Nenhuma regra ativa se aplica)."),
        ("es-AR", "Ahora la atiende Ana (No se aplica ninguna regla activa)."),
        ("de", "Ana looks after it now (No active rule matches)."),
    ],
)
def test_the_timeline_speaks_the_language_of_whoever_asks(locale: str, text: str) -> None:
    there = house(members={7: Member(7, "Ana", "ana@plixa.example", "owner")})
    event = ev.ConversationAssigned(assigned_user_id=7, why="No active rule matches.", at=NOON)
    assert explain(event, there, locale) == text


def test_what_is_not_known_is_quoted_as_it_was() -> None:
    say = sayings(CONVERSATION, "pt-BR")
    assert say("Rule 7 (priority 1) matches “{curly}”.") == "Rule 7 (priority 1) matches “{curly}”."
    assert say("It did not go out: {why}", why="{odd}") == "Não saiu: {odd}"
