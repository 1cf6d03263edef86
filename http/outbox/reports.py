"""From what a handler does, or raises, to the report of what became of its effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from plixa.engine.actor import EffectDone, EffectFailed, EffectReport, EffectUncertain
from plixa.engine.effects import Handler
from plixa.engine.errors import PlixaError, Unavailable
from plixa.engine.ports import StoredEffect

Work = Callable[[StoredEffect], Awaitable[dict[str, Any] | None]]
Errors = tuple[type[Exception], ...]


class NotWanted(Exception):
    """There is no use in doing it any more, or it can never be done."""


def reporting(work: Work, *, refused: Errors = (), uncertain: Errors = ()) -> Handler:
    """A handler of what does no harm when done twice; its result is what `work` returns.

    refused: the errors after which it is given up, beside `NotWanted`. uncertain: those after which it may have
    happened. All other trouble of ours or of a client's passes: it is tried again.
    """

    given_up: Errors = (NotWanted, *refused)

    async def handler(stored: StoredEffect) -> EffectReport:
        effect_id = stored.effect.id
        try:
            return EffectDone(effect_id=effect_id, result=await work(stored) or {})
        except given_up as error:
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=True)
        except uncertain as error:
            return EffectUncertain(effect_id=effect_id, reason=str(error))
        except (PlixaError, OSError) as error:
            away = isinstance(error, Unavailable)
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=False, away=away)

    return handler
