"""Runs a node with one feature more than there is: `python -m tests.example <database> <folder>`.

Two folders of the feature stand beside this file, and the list of features gets one line; nothing else is touched. Says
as JSON what it saw.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import trio

import plixa.actors
import plixa.http
from plixa import features
from plixa.compose import open_node
from tests import harness

HERE = Path(__file__).parent


def _add() -> None:
    for layer in (plixa.actors, plixa.http):
        layer.__path__.append(str(HERE / layer.__name__.rpartition(".")[2]))
    features.FEATURES += ("greetings",)


async def _see(database_url: str, folder: Path) -> dict[str, object]:
    from plixa.http.greetings.parts import BOARD  # there is no such feature before it is added

    settings = harness.settings(database_url, "http://127.0.0.1:9", folder)
    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        board = node.services[BOARD]
        answer = await workspace.client.post("/v1/greetings", json={"name": "Lia"})
        described = (await workspace.client.get("/v1/openapi.json")).json()["paths"]["/v1/greetings"]
        with trio.fail_after(30):
            await board.spoken.wait()
    return {
        "status": answer.status_code,
        "data": answer.json()["data"],
        "documented": sorted(described),
        "said": board.said,
        "heard": board.heard,
        "ran": board.running,
        "closed": board.closed,
    }


if __name__ == "__main__":
    _add()
    seen = trio.run(_see, sys.argv[1], Path(sys.argv[2]))
    sys.stdout.buffer.write(b"\nseen " + msgspec.json.encode(seen) + b"\n")
