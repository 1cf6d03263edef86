"""What follows from merging and erasing conversations.

conversation.merge         two conversations were decided to be one: both hear of it
conversation.erase_parts   what was merged into an erased conversation is erased with it
media.erase                the files of an erased conversation go: of earlier releases; see `erasing.py`
"""

from __future__ import annotations

from collections.abc import Mapping

from plixa.engine.effect_spec import EffectSpec
from plixa.engine.effects import Handler
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.conversation.merging import Joining
from plixa.http.conversation.parts import MEDIA
from plixa.http.outbox.queues import BULK, INNER
from plixa.http.outbox.reports import reporting
from plixa.storage.conversation import media_files

EFFECTS: Mapping[str, EffectSpec] = {
    # Decided and told: messages to actors of ours, which fail only where those are overrun or crash.
    "conversation.merge": EffectSpec(queue=INNER, tries=None, always=True),
    # Erasure is a promise.
    "conversation.erase_parts": EffectSpec(queue=BULK, tries=None, always=True),
    "media.erase": EffectSpec(queue=BULK, tries=None, always=True),
}


class Following:
    """The handlers."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By effect kind."""
        work = {
            "conversation.merge": self.merge,
            "conversation.erase_parts": self.erase_parts,
            "media.erase": self.erase_files,
        }
        return {kind: reporting(each) for kind, each in work.items()}

    async def merge(self, stored: StoredEffect) -> None:
        """Make it true, unless the request that asked for it has done so."""
        await self._joining(stored).finish(stored.effect.request["from_id"])

    async def erase_parts(self, stored: StoredEffect) -> None:
        """They were one conversation."""
        await self._joining(stored).erase(tuple(stored.effect.request["parts"]))

    def _joining(self, stored: StoredEffect) -> Joining:
        services = self._services
        return Joining(services.database, services.bus, stored.owner.tenant, f"effect:{stored.effect.id}")

    async def erase_files(self, stored: StoredEffect) -> None:
        """Remove the files of an erased conversation."""
        for name in stored.effect.request["files"]:
            if await self._services.database.run(media_files.file_is_used, stored.owner.tenant, name):
                continue  # the same bytes went to somebody else, too
            await self._services[MEDIA].remove(stored.owner.tenant, name)
