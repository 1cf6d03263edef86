"""A menu that is to be tapped: whether it fits on WhatsApp's screen, what its ids say, what its text shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.actors.flow_given import MONDAY, flow, node

from plixa.actors.flows import check, menus, simulate
from plixa.actors.flows.menus import Offer, Tap, id_of, menu_of, numbered, offered_in, shown_as, tap_of
from plixa.actors.flows.run import Context
from plixa.actors.flows.words import Choice
from plixa.actors.whatsapp.gateway import Content, MessageKind

ROOM = {"buttons": (3, 20), "list": (10, 24)}


def choices(*labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(f"o{at}", label) for at, label in enumerate(labels, start=1))


def offer(*labels: str, node_id: str = "menu") -> Offer:
    return Offer(50, node_id, choices(*labels), "pt-BR")


# -- whether it fits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "length", "shown"),
    [
        (1, 20, "buttons"),
        (3, 20, "buttons"),
        (3, 21, None),
        (4, 24, "list"),
        (10, 24, "list"),
        (10, 25, None),
        (11, 5, None),
        (0, 0, None),
    ],
)
def test_up_to_three_are_buttons_up_to_ten_a_list_the_rest_is_numbers(count: int, length: int, shown: str) -> None:
    labels = [f"{at:02}".ljust(length, "x") for at in range(count)]
    assert shown_as(labels, "?") == shown


def test_an_emoji_counts_as_two_as_it_does_on_the_phone() -> None:
    assert shown_as(["🥖" * 10], "?") == "buttons"
    assert shown_as(["🥖" * 10 + "x"], "?") is None


@pytest.mark.parametrize("labels", [["Sim", "Sim"], ["Sim", " "], ["Sim", "Sim "]])
def test_what_cannot_be_told_apart_or_read_is_not_tapped(labels: list[str]) -> None:
    assert shown_as(labels, "?") is None


def test_a_text_too_long_for_buttons_keeps_its_numbers() -> None:
    assert shown_as(["Sim"], "x" * 1024) == "buttons"
    assert shown_as(["Sim"], "x" * 1025) is None


def test_ids_too_long_for_whatsapp_are_not_cut() -> None:
    assert menu_of(offer("Sim", node_id="n" * 64), 10, "?") is not None
    assert menu_of(offer("Sim", node_id="ã" * 64), 10, "?") is None


def test_what_goes_out_says_everything_in_the_houses_language() -> None:
    menu = menu_of(offer("Preços", "Pessoa"), 77, "Como posso ajudar?\n\n1. Preços\n2. Pessoa")
    assert menu is not None
    assert (menu.shown, menu.opens, menu.footer) == ("buttons", "Ver as opções", "Ou responda por escrito.")
    assert [(each.id, each.label) for each in menu.options] == [
        ("plixa:77:50:menu:o1", "Preços"),
        ("plixa:77:50:menu:o2", "Pessoa"),
    ]
    assert len(menu.opens) <= 20


# -- ids --------------------------------------------------------------------------------------------------------------

NAMES = st.text(min_size=1, max_size=64).filter(lambda name: not any("\ud800" <= letter <= "\udfff" for letter in name))
IDS = st.integers(min_value=0, max_value=2**62)


@given(IDS, IDS, NAMES, NAMES)
def test_an_id_says_again_what_was_put_into_it(message_id: int, flow_id: int, node_id: str, option_id: str) -> None:
    tap = Tap(message_id, flow_id, node_id, option_id)
    assert tap_of(id_of(tap)) == tap
    assert id_of(tap).isascii()


@pytest.mark.parametrize(
    "choice",
    [
        None,
        "",
        "menu_boleto",
        "plixa",
        "plixa:1:2:m",
        "plixa:1:2:m:a:b",
        "plixa:x:2:m:a",
        "plixa:²:2:m:a",
        "other:1:2:m:a",
        f"plixa:{'9' * 30}:2:m:a",
    ],
)
def test_an_id_of_somebody_else_is_no_tap(choice: str | None) -> None:
    assert tap_of(choice) is None


@pytest.mark.parametrize(
    ("extra", "message_id"),
    [
        ({"options": ["Sim"], "option_ids": ["plixa:77:50:m:a", "plixa:77:50:m:b"]}, 77),
        ({"options": ["Sim"], "option_ids": ["yes", "no"]}, None),
        ({"options": ["Sim"], "option_ids": [7]}, None),
        ({"options": ["Sim"]}, None),
        (None, None),
    ],
)
def test_an_echo_is_known_by_the_ids_in_it(extra: dict[str, Any] | None, message_id: int | None) -> None:
    assert offered_in(Content(MessageKind.TEXT, "?", "interactiveMessage", extra=extra)) == message_id


# -- the text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "lines"),
    [
        (("Preços", "Pessoa"), "1. Preços\n2. Pessoa"),
        (("2", "4"), "• 2\n• 4"),
        (("dois", "um"), "• dois\n• um"),
        (("1", "2"), "1. 1\n2. 2"),
        (("9", "4"), "1. 9\n2. 4"),
        ((), ""),
    ],
)
def test_options_are_numbered_unless_a_number_would_mean_another_one(labels: tuple[str, ...], lines: str) -> None:
    assert numbered(choices(*labels)) == lines


def test_so_are_those_whose_keyword_is_another_ones_number() -> None:
    assert numbered((Choice("a", "Sim", ("2",)), Choice("b", "Não"))) == "• Sim\n• Não"


# -- what the author is told ------------------------------------------------------------------------------------------


def hints(*labels: str, text: str = "?", shown_as: str = "buttons") -> list[tuple[str, str]]:
    options = [{"id": choice.id, "label": choice.label} for choice in choices(*labels)]
    graph = flow(node("m", "menu", text=text, options=options, as_=shown_as))
    return [(hint.path, hint.message) for hint in check.hints(graph)]


def test_a_hint_names_the_label_that_keeps_a_menu_from_being_tapped() -> None:
    [(path, message)] = hints("Sim", "Falar com o financeiro")
    assert path == "nodes.m.options.1.label"
    assert message == (
        "“m” has a label of 22 characters, and a button takes 20: it goes out as numbers. Shorten it to have buttons."
    )
    assert hints("Sim", "Falar com o financeiro", "c", "d") == []
    assert hints("Sim", "Falar com o financeiro", shown_as="numbers") == []


@pytest.mark.parametrize(
    ("labels", "text", "path"),
    [
        ([f"o{at}" for at in range(11)], "?", "nodes.m.options"),
        (["Sim", "Sim"], "?", "nodes.m.options"),
        (["Sim"], "x" * 1020, "nodes.m.text"),
    ],
)
def test_other_hints_name_their_field(labels: list[str], text: str, path: str) -> None:
    assert [where for where, _ in hints(*labels, text=text)] == [path]


def test_a_dialogue_that_is_tried_out_shows_what_can_be_tapped() -> None:
    def shown(*labels: str) -> simulate.Tappable | None:
        options = [{"id": choice.id, "label": choice.label} for choice in choices(*labels)]
        graph = flow(node("m", "menu", text="?", options=options, as_="buttons"), "start m")
        steps = simulate.read_steps([{"say": "oi"}])
        return simulate.simulate(graph, steps, Context(now=MONDAY)).steps[0].menu

    assert shown("Sim", "Não") == simulate.Tappable("buttons", choices("Sim", "Não"))
    assert shown("a", "b", "c", "d") == simulate.Tappable("list", choices("a", "b", "c", "d"))
    assert shown("Falar com o financeiro") == simulate.Tappable("numbers", choices("Falar com o financeiro"))


def test_the_limits_are_whatsapps() -> None:
    assert {"buttons": (menus.MOST_BUTTONS, menus.BUTTON_LENGTH), "list": (menus.MOST_ROWS, menus.ROW_LENGTH)} == ROOM
