"""Loops between machines, and people who only look like one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from plixa.actors.ai.loops import Said, detect

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
By = Literal["contact", "us", "person"]


def talk(*said: tuple[By, float, str]) -> list[Said]:
    """Messages, each with the seconds since the one before."""
    at = 0.0
    made: list[Said] = []
    for by, after, text in said:
        at += after
        made.append(Said(by, START + timedelta(seconds=at), text))
    return made


def exchange(times: int, pause: float, theirs: str = "pergunta {}", ours: str = "resposta {}") -> list[Said]:
    """As many exchanges, with the same pause before each message."""
    pairs = [
        (("contact", pause, theirs.format(n)), ("us", pause, ours.format(n))) for n in map(chr, range(97, 97 + times))
    ]
    return talk(*(each for pair in pairs for each in pair))


LONG = "Obrigado por sua mensagem. Em breve um de nossos atendentes responderá. Protocolo {}"


def test_an_answering_machine_that_is_faster_than_hands() -> None:
    loop = detect(exchange(4, 1.5, theirs=LONG))
    assert loop.is_loop
    assert "4 s" in loop.why


def test_an_answering_machine_that_takes_its_time_and_says_the_same_with_another_number() -> None:
    said = exchange(5, 20)
    machine = [
        Said(each.by, each.at, f"Protocolo {at}: aguarde.") if each.by == "contact" else each
        for at, each in enumerate(said)
    ]
    loop = detect(machine)
    assert loop.is_loop
    assert "same" in loop.why


def test_our_own_answer_again_and_again() -> None:
    assert detect(exchange(5, 20, ours="Não entendi, pode repetir?")).is_loop


def test_more_back_and_forth_than_people_manage() -> None:
    loop = detect(exchange(12, 10))
    assert loop.is_loop
    assert "back and forth" in loop.why


def test_people_are_no_loop() -> None:
    assert not detect([]).is_loop
    assert not detect(exchange(8, 30)).is_loop
    assert not detect(exchange(3, 1, theirs="sim {}")).is_loop  # quick, and short
    assert not detect(exchange(2, 1, theirs=LONG)).is_loop  # twice is chance
    assert not detect(talk(*[("contact", 1.0, "alguém aí?")] * 10)).is_loop  # impatient, and nobody answers
    assert not detect(exchange(12, 80)).is_loop  # long, and slow
    forwarded = [("contact", 1.0, LONG.format(n)) for n in ("um", "dois", "três", "azul", "verde")]
    assert not detect(talk(("us", 1.0, "Pode mandar!"), *forwarded)).is_loop  # quick and long, and no answers to us


def test_a_person_of_the_house_ends_it() -> None:
    said = [*exchange(6, 1.5, theirs=LONG), *talk(("person", 60.0, "Oi, sou a Bia"), ("contact", 3.0, LONG))]
    assert not detect(said).is_loop
