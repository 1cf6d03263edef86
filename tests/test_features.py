"""A feature is its folders and one line in one list: an example that is added does all that it brings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import trio

from plixa import features
from tests import harness


async def test_an_example_feature_is_its_folders_and_one_line(database_url: str, tmp_path: Path) -> None:
    ran = await trio.run_process(
        [sys.executable, "-m", "tests.example", database_url, str(tmp_path)],
        cwd=harness.ROOT,
        env=harness.inherited(),
        capture_stdout=True,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = [line for line in ran.stdout.splitlines() if line.startswith(b"seen ")]
    assert said, ran.stdout.decode()
    assert msgspec.json.decode(said[0].removeprefix(b"seen ")) == {
        "status": 201,
        "data": {"name": "Lia"},
        "documented": ["post"],
        "row": [[True, "Lia"]],
        "shown": [
            ["example.greeted", {"greeting": {"name": "Lia"}}],
            ["greeting_card.created", {"greeting_card": {"id": 3, "motif": "a sunrise"}}],
        ],
        "told": "greeted somebody",
        "card": "a sunrise",
        "mailed": "lia@plixa.example",
        "said": ["Salve, Lia!"],
        "heard": ["example.greeted"],
        "ran": True,
        "closed": True,
    }


def test_a_name_that_two_features_bring_is_refused() -> None:
    with pytest.raises(ValueError, match=r"two features bring mail\.send"):
        features.folded([{"mail.send": 1}, {"push.send": 2}, {"mail.send": 3}])


def test_a_feature_that_is_not_listed_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    before = features.routes(), features.effects(), features.settings()
    monkeypatch.setattr(features, "FEATURES", tuple(each for each in features.FEATURES if each != "ai"))
    routes, effects = set(before[0]) - set(features.routes()), before[1].keys() - features.effects().keys()
    own = {route for route in routes if route.handler.__module__ == "plixa.http.ai.routes"}
    assert {route.path for route in routes - own} == {
        "/v1/ai-faqs",
        "/v1/ai-faqs/{faq}",
        "/v1/ai-faqs/reorder",
        "/v1/ai-config",
    }
    assert own
    assert {each.name.partition("_")[0] for each in {*before[2]} - {*features.settings()}} == {"OPENAI", "AI"}
    assert effects == {"ai.reply"}
