"""What the audit says of mails', digests' and pushes' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell

TELLS: Mapping[str, Tell] = {
    "digest.scheduled": None,
    "mail.requested": None,
    "digest.due": "asked for a test digest",
    "push.unwanted": "wants no notifications any more",
    "push.wanted": "wants notifications",
}
