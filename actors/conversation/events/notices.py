"""What the house tells the customer of its own accord, like a reminder; and what they choose of its options."""

from __future__ import annotations

from plixa.engine.events import Event, event


@event("notice.told")
class NoticeTold(Event, frozen=True, kw_only=True):
    """The message is queued. key: what it is for. subject: what its options are about (action, label)."""

    key: str
    message_id: int
    subject: str | None = None
    options: tuple[tuple[str, str], ...] = ()


@event("notice.answered")
class NoticeAnswered(Event, frozen=True, kw_only=True):
    """The customer chose one of the options of a notice, by tapping it or in words. message_id: theirs."""

    message_id: int
    subject: str
    action: str
