"""What has struck twice is held, over restarts; what ended well, or long ago, is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plixa.engine.brake import AT_MOST, KEPT_FOR, Brake, Work, read_strikes, strikes_file
from plixa.engine.clock import ManualClock

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def work(name: str = "a message") -> Work:
    return Work(lambda: name, lambda: f"what {name} says".encode())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return strikes_file(tmp_path, "node-1")


@pytest.fixture
def life(file: Path) -> Callable[..., Brake]:
    """A process's brake: each call is the next life on the same folder."""
    return lambda after=timedelta(0): Brake(ManualClock(NOW + after), file)


def test_two_lives_that_ended_in_the_same_work_are_enough(life: Callable[..., Brake]) -> None:
    for held in (False, False, True):
        brake = life()
        assert brake.holds(work()) is held
        brake.strike(work(), "decide")


def test_other_work_goes_on(life: Callable[..., Brake]) -> None:
    brake = life()
    brake.strike(work(), "decide")
    brake.strike(work(), "decide")
    assert brake.holds(work())
    assert not brake.holds(work("another message"))


def test_work_that_ended_after_all_has_nothing_against_it(life: Callable[..., Brake]) -> None:
    brake = life()
    brake.strike(work(), "decide")
    again = work()
    brake.strike(again, "decide")
    brake.over(again)
    assert not brake.holds(work())
    assert not life().strikes


def test_what_is_forgotten_may_be_tried_again(life: Callable[..., Brake]) -> None:
    life().strike(work(), "decide")
    life().strike(work(), "decide")
    life().forget(work().key)
    assert not life().holds(work())


def test_old_strikes_do_not_count(life: Callable[..., Brake]) -> None:
    life().strike(work(), "decide")
    life().strike(work(), "decide")
    assert life(KEPT_FOR - timedelta(seconds=1)).holds(work())
    assert not life(KEPT_FOR).holds(work())


def test_the_file_is_bounded_and_keeps_the_newest(life: Callable[..., Brake]) -> None:
    brake = life()
    for index in range(AT_MOST + 3):
        brake.strikes[f"key {index}"] = brake.strikes.get("", _strike())
    brake.strike(work(), "decide")
    assert len(life().strikes) == AT_MOST
    assert work().key in life().strikes
    assert "key 0" not in life().strikes


def _strike() -> object:
    brake = Brake(ManualClock(NOW))
    brake.strike(work("some"), "somewhere")
    return next(iter(brake.strikes.values()))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff" * 100], ids=repr)
def test_a_spoilt_file_is_an_empty_one(file: Path, life: Callable[..., Brake], content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    brake = life()
    assert brake.strikes == {}
    brake.strike(work(), "decide")
    assert life().strikes[work().key].times == 1


def test_a_folder_that_takes_nothing_costs_only_the_memory_of_it(tmp_path: Path) -> None:
    (tmp_path / "strikes").write_text("a file where the folder should be")
    brake = Brake(ManualClock(NOW), strikes_file(tmp_path, "node-1"))
    brake.strike(work(), "decide")
    brake.strike(work(), "decide")
    assert brake.holds(work())
    assert brake.trouble is not None


def test_content_that_cannot_be_had_is_told_by_its_name() -> None:
    def fails() -> bytes:
        raise TypeError("cannot be encoded")

    brake = Brake(ManualClock(NOW))
    for _ in range(2):
        brake.strike(Work(lambda: "one", fails), "decide")
    assert brake.holds(Work(lambda: "one", fails))
    assert not brake.holds(Work(lambda: "two", fails))


def test_names_of_nodes_make_file_names(tmp_path: Path) -> None:
    file = strikes_file(tmp_path, "../../etc/passwd\n" + "x" * 300)
    assert file.parent == tmp_path / "strikes"
    assert len(file.name) < 120


def test_operators_see_the_strikes_of_all_nodes(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    for node in ("a", "b"):
        Brake(clock, strikes_file(tmp_path, node)).strike(work(), f"on {node}")
    found = read_strikes(tmp_path, clock)
    assert [strike.where for strikes in found.values() for strike in strikes.values()] == ["on a", "on b"]


def test_what_does_not_come_again_by_itself_gets_no_strikes() -> None:
    brake = Brake(ManualClock(NOW))
    brake.strike(Work(lambda: "a request"), "view")
    assert brake.strikes == {}
