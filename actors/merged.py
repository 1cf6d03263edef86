"""What is said of conversations that were made one."""

from __future__ import annotations

from plixa.engine.errors import Conflict, Refused


class Merged(Conflict):
    """It was merged: what was asked of it must be asked of `into_id`."""

    code = "CONVERSATION_MERGED"

    def __init__(self, into_id: int) -> None:
        super().__init__(
            f"This conversation was merged into conversation {into_id}. Go on there.",
            details={"into_id": [str(into_id)]},
        )
        self.into_id = into_id


class AskParts(Refused):
    """It may be the echo of what was under way in one of these when they were merged: they are asked first."""

    def __init__(self, parts: tuple[int, ...]) -> None:
        super().__init__("This may be known in a conversation that was merged into this one.")
        self.parts = parts
