"""A CRM that keeps conversations and their messages by pull, with the offset stored beside them.

PLIXA_TOKEN=… python crm_sync.py https://api.plixa.app crm.json
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx

Crm = dict[str, Any]
EMPTY: Crm = {"offset": 0, "conversations": {}, "messages": {}}


def pages(plixa: httpx.Client, path: str, **query: Any) -> list[Any]:
    """All of a list."""
    found: list[Any] = []
    while True:
        page = plixa.get(path, params={"limit": 100, **query}).raise_for_status().json()
        found += page["data"]
        if not (cursor := page["meta"]["next_cursor"]):
            return found
        query["cursor"] = cursor


def take(plixa: httpx.Client, crm: Crm, id_: int) -> None:
    """A conversation as it is now; one that is gone goes."""
    found = plixa.get(f"/v1/conversations/{id_}")
    crm["messages"] = {n: each for n, each in crm["messages"].items() if each["conversation_id"] != id_}
    crm["conversations"].pop(str(id_), None)
    if found.is_success:
        crm["conversations"][str(id_)] = found.json()["data"]
        crm["messages"] |= {str(each["id"]): each for each in pages(plixa, f"/v1/conversations/{id_}/messages")}


def sync(plixa: httpx.Client, file: Path, wait: int = 25) -> None:
    """Take what is new since the stored offset, and store it with the new one: a crash in between repeats it."""
    crm = json.loads(file.read_text()) if file.exists() else json.loads(json.dumps(EMPTY))
    answer = plixa.get("/v1/events", params={"after": crm["offset"], "wait": wait}, timeout=wait + 30)
    if answer.status_code == 410:  # too long ago to be told event by event: begin with all there is
        first = plixa.get("/v1/conversations", params={"limit": 1}).raise_for_status().json()
        crm = json.loads(json.dumps(EMPTY)) | {"offset": first["meta"]["head"]}
        changed = {each["id"] for each in pages(plixa, "/v1/conversations", snoozed="all")}
    else:
        events = answer.raise_for_status().json()
        crm["offset"] = events["meta"]["head"]
        changed = {each["data"]["conversation_id"] for each in events["data"] if "conversation_id" in each["data"]}
    for id_ in changed:
        take(plixa, crm, id_)
    file.with_suffix(".new").write_text(json.dumps(crm))
    file.with_suffix(".new").replace(file)


if __name__ == "__main__":
    with httpx.Client(base_url=sys.argv[1], headers={"Authorization": f"Bearer {os.environ['PLIXA_TOKEN']}"}) as client:
        while True:
            try:
                sync(client, Path(sys.argv[2]))
            except httpx.HTTPError as error:
                print(error, file=sys.stderr)
                time.sleep(5)
