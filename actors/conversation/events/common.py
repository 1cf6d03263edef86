"""What several of these events are made of."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from plixa.actors.whatsapp.gateway import Content, MessageKind

Status = Literal["open", "pending", "resolved"]
Mode = Literal["flow", "ai", "human", "idle"]
Tick = Literal["sent", "delivered", "read", "played", "failed"]
Ended = Literal["handed_over", "done", "resolved", "human", "closed", "gone", "merged"]
ERASED = Content(MessageKind.UNSUPPORTED, None, "erased")


class Author(Struct, frozen=True, gc=False, omit_defaults=True):
    """Who wrote: `id` is a user's or a token's, `name` as it was at the time."""

    kind: Literal["contact", "user", "ai", "flow", "system", "api", "phone"]
    id: int | None = None
    name: str | None = None
