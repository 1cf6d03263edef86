"""What a workspace decides that others must follow, its pictures, and its own end."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.engine.effect_spec import EffectSpec
from plixa.engine.effects import Handler
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.outbox.queues import BULK, INNER
from plixa.http.outbox.reports import reporting
from plixa.http.workspace.cascade import Cascade
from plixa.http.workspace.erasure import Erasing
from plixa.http.workspace.parts import PICTURES

EFFECTS: Mapping[str, EffectSpec] = {
    # Decided and told; each is one message to an actor of ours, which fails only where that is overrun or crashes.
    "workspace.cascade": EffectSpec(queue=INNER, tries=None, always=True),
    # Erasure is a promise.
    "workspace.erase": EffectSpec(queue=BULK, tries=None, always=True),
    # An orphan in the store of pictures costs next to nothing.
    "picture.delete": EffectSpec(queue=BULK, tries=30, always=True),
}


def handlers(services: Services, erasing: Erasing) -> Mapping[str, Handler]:
    """By effect kind."""

    async def delete_picture(stored: StoredEffect) -> None:
        await services[PICTURES].delete(stored.effect.request["key"])

    return {
        "workspace.cascade": reporting(Cascade(services).cascade),
        "workspace.erase": reporting(erasing.erase),
        "picture.delete": reporting(delete_picture),
    }
