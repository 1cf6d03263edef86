"""What would have gone out by e-mail: the folder that the node under test writes into."""

from __future__ import annotations

from typing import Any

import trio

from plixa.compose import Node
from plixa.http.clients.mail.folder import FolderMailer, Kept
from plixa.http.notifications.parts import MAILER

WITHIN = 8.0


async def mails(node: Node, **fields: Any) -> list[Kept]:
    """Those with these fields, newest first."""
    mailer = node.services[MAILER]
    assert isinstance(mailer, FolderMailer)
    return [kept for kept in await mailer.latest() if all(getattr(kept, n) == v for n, v in fields.items())]


async def mailed(node: Node, count: int = 1, **fields: Any) -> list[Kept]:
    """Wait until there are as many with these fields."""
    with trio.fail_after(WITHIN):
        while len(found := await mails(node, **fields)) < count:  # noqa: ASYNC110  # a folder has no event
            await trio.sleep(0.05)
    assert len(found) == count
    return found
