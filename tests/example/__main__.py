"""Runs a node with one feature more than there is: `python -m tests.example <database> <folder>`.

Three folders of the feature stand beside this file, and the list of features gets one line; nothing else is touched.
Says as JSON what it saw.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import trio

import plixa.actors
import plixa.http
import plixa.storage
from plixa import features
from plixa.compose import open_node
from plixa.storage.postgres.bridge import open_database
from tests import harness
from tests.http.mails import mailed

HERE = Path(__file__).parent


def _add() -> None:
    for layer in (plixa.actors, plixa.http, plixa.storage):
        layer.__path__.append(str(HERE / layer.__name__.rpartition(".")[2]))
    features.FEATURES += ("greetings",)


async def _see(database_url: str, folder: Path) -> dict[str, object]:
    from plixa.http.greetings.parts import BOARD  # there is no such feature before it is added
    from plixa.storage.greetings import DDL

    async with open_database(database_url, size=1) as database:  # what its migration does
        await database.run(lambda connection: connection.execute(DDL))
    settings = harness.settings(database_url, "http://127.0.0.1:9", folder, GREETING_WORD="Salve")
    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        board = node.services[BOARD]
        answer = await workspace.client.post("/v1/greetings", json={"name": "Lia"})
        card = await workspace.post("/v1/greeting-cards", {"motif": "a sunrise"})
        described = (await workspace.client.get("/v1/openapi.json")).json()["paths"]["/v1/greetings"]
        with trio.fail_after(30):
            await board.spoken.wait()
        [letter] = await mailed(node, subject="Lia was greeted")
        shown = [each for each in (await workspace.get("/v1/events", after=0))["data"] if "greet" in each["type"]]
        [deed] = (await workspace.get("/v1/audit", type="example.greeted"))["data"]
        rows = await node.services.database.run(lambda connection: connection.fetch("select * from greetings"))
    return {
        "status": answer.status_code,
        "data": answer.json()["data"],
        "documented": sorted(described),
        "row": [(row["tenant_id"] == workspace.tenant, row["name"]) for row in rows],
        "shown": [(each["type"], each["data"]) for each in shown],
        "told": deed["summary"],
        "card": card["motif"],
        "mailed": letter.to,
        "said": board.said,
        "heard": board.heard,
        "ran": board.running,
        "closed": board.closed,
    }


if __name__ == "__main__":
    _add()
    seen = trio.run(_see, sys.argv[1], Path(sys.argv[2]))
    sys.stdout.buffer.write(b"\nseen " + msgspec.json.encode(seen) + b"\n")
