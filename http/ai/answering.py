"""The AI at work: what it is told of the business and the dialogue, what it may cost, and the effect `ai.reply`.

Every call is paid in three steps at the tenant's ledger: reserved before (or refused, which hands off), settled after
with what it took, or with the estimate where it may have been charged. A turn that its conversation calls off ends the
call at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import trio

from plixa.actors.ai import budget, loops, prompts
from plixa.actors.ai.config import AI
from plixa.actors.ai.faqs import FAQS
from plixa.actors.ai.ledger import Reserve, Settle
from plixa.actors.ai.opening import hours_text, later_text
from plixa.actors.ai.prompts import Prompt
from plixa.actors.ai.values import (
    EMBEDDED,
    Bookable,
    Booked,
    DialogueTurn,
    Faq,
    HandedOff,
    Knowledge,
    ReplyOutcome,
    ReplyRequest,
    Usage,
    unused,
)
from plixa.actors.conversation.state import Conversation
from plixa.actors.folding import READ
from plixa.actors.hours.opening import closed_days, opening_hours
from plixa.actors.scheduling.catalogue import SERVICES
from plixa.actors.scheduling.events import HOLDING
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, EffectReport
from plixa.engine.effects import Handler
from plixa.engine.errors import Conflict, PlixaError, Unavailable
from plixa.engine.ports import Address, StoredEffect
from plixa.http.ai.client.errors import AiError, as_hand_off
from plixa.http.ai.parts import ANSWERER
from plixa.http.ai.settings import AI_CONVERSATION_CENTS, AI_MONTHLY_CENTS
from plixa.http.api.services import Services
from plixa.http.whatsapp.composing import composing
from plixa.storage.conversation import dialogue
from plixa.storage.scheduling import reads as appointments

LOOK_BACK = 40
MOST_APPOINTMENTS = 9
OTHERS = {"flow": "us", "ai": "us", "system": "us", "contact": "contact"}
T = TypeVar("T")


class Answering:
    """Everything that asks the AI goes through here."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By effect kind."""
        return {"ai.reply": self.reply}

    async def reply(self, stored: StoredEffect) -> EffectReport:
        """Draft the answer of a turn; what comes of it is the conversation's to decide. One that is over needs none."""
        effect_id, tenant = stored.effect.id, stored.owner.tenant
        try:
            state: Conversation = await self._services.bus.state(stored.owner)
            if state.turn is None or effect_id != f"ai-{state.turn.id}":
                return EffectDone(effect_id=effect_id, result={})
            outcome = await self._reply(tenant, stored.owner, effect_id)
        except AiError as error:
            outcome = as_hand_off(error, unused())
        except PlixaError as error:  # trouble of our own: it is tried again
            away = isinstance(error, Unavailable)
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=False, away=away)
        return EffectDone(effect_id=effect_id, result={"outcome": msgspec.to_builtins(outcome)})

    async def _reply(self, tenant: int, owner: Address, key: str) -> ReplyOutcome:
        state: Conversation = await self._services.bus.state(owner)
        messages = await self._services.database.run(dialogue.latest, tenant, owner.id, LOOK_BACK)
        loop = loops.detect([loops.Said(_side(each), each.at, each.text) for each in messages])
        if loop.is_loop:
            return HandedOff(reason="loop", usage=unused(), note=loop.why)
        goal = state.turn.goal if state.turn is not None else None
        request = await self.request(tenant, turns_of(messages), state.name or "", goal, state.contact_id)
        prompt = prompts.reply(request)
        try:
            return await self.paid(
                tenant, key, owner.id, prompt, lambda: self._draft(tenant, state, request), lambda out: out.usage
            )
        except Conflict as error:
            return HandedOff(reason="cap", usage=unused(), note=error.message)

    async def _draft(self, tenant: int, state: Conversation, request: ReplyRequest) -> ReplyOutcome:
        """The customer sees that somebody is typing, unless the answer is there at once."""
        if self._services[ANSWERER].model == EMBEDDED:
            return await self._services[ANSWERER].reply(request)
        async with composing(self._services, tenant, state):
            return await self._services[ANSWERER].reply(request)

    async def request(
        self,
        tenant: int,
        turns: tuple[DialogueTurn, ...],
        customer_name: str = "",
        goal: str | None = None,
        contact_id: int | None = None,
    ) -> ReplyRequest:
        """What a reply is made from. contact_id: whose appointments it may speak of."""
        workspace: Workspace = await self._services.bus.workspace(tenant)
        now = self._services.clock.now().astimezone(workspace.zone)
        knowledge = knowledge_of(workspace, now)
        booked = await self._booked(tenant, contact_id, now) if knowledge.bookable and contact_id else ()
        return ReplyRequest(
            knowledge=knowledge, turns=turns, now=now, customer_name=customer_name, goal=goal, booked=booked
        )

    async def _booked(self, tenant: int, contact_id: int, now: datetime) -> tuple[Booked, ...]:
        """The next appointments of a contact."""
        rows = await self._services.database.run(
            appointments.of_contact, tenant, contact_id, now, HOLDING, MOST_APPOINTMENTS
        )
        return tuple(Booked(row["id"], f"{row['starts_at'].astimezone(now.tzinfo):%Y-%m-%dT%H:%M}") for row in rows)

    async def paid(
        self,
        tenant: int,
        key: str,
        conversation_id: int | None,
        prompt: Prompt,
        call: Callable[[], Awaitable[T]],
        usage_of: Callable[[T], Usage],
    ) -> T:
        """Make a call within the caps. Raises Conflict (AI_BUDGET_EXHAUSTED), AiError."""
        model = self._services[ANSWERER].model
        if model == EMBEDDED:
            return await call()
        estimate = budget.estimate(prompt, model)
        await self._reserve(tenant, key, estimate, conversation_id)
        took = estimate  # what was cut off may have been charged
        try:
            result = await call()
            took = usage_of(result).cost_micros
            return result
        except AiError as error:
            took = estimate if error.charged else 0
            raise
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 5):
                await self._settle(tenant, key, took, conversation_id)

    async def _reserve(self, tenant: int, key: str, micros: int, conversation_id: int | None) -> None:
        settings = self._services.settings
        command = Reserve(
            key=key,
            micros=micros,
            workspace_cap=settings[AI_MONTHLY_CENTS] * budget.MICROS_PER_CENT,
            conversation_cap=settings[AI_CONVERSATION_CENTS] * budget.MICROS_PER_CENT,
            conversation_id=conversation_id,
        )
        await self._services.bus.ask(Address(tenant, "ledger", tenant), command, actor="system", cause=f"ai:{key}")

    async def _settle(self, tenant: int, key: str, micros: int, conversation_id: int | None) -> None:
        command = Settle(key=key, micros=micros, conversation_id=conversation_id)
        await self._services.bus.ask(Address(tenant, "ledger", tenant), command, actor="system", cause=f"ai:{key}")


def knowledge_of(workspace: Workspace, now: datetime) -> Knowledge:
    """All that the AI may tell a customer."""
    in_order = sorted(FAQS.of(workspace).values(), key=lambda faq: (faq.position, faq.id))
    return Knowledge(
        description=AI.of(workspace).prompt,
        faqs=tuple(Faq(faq.id, faq.question, faq.answer, faq.position) for faq in in_order),
        hours=hours_text(opening_hours(workspace), workspace.locale, now, closed_days(workspace)),
        closed_later=later_text(closed_days(workspace), workspace.locale, now),
        locale=workspace.locale,
        company=workspace.name,
        bookable=tuple(Bookable(each.id, each.name) for each in SERVICES.of(workspace).values() if each.is_active),
    )


def _side(message: dialogue.Line) -> Any:
    return OTHERS.get(message.author, "person")


def turns_of(messages: list[dialogue.Line]) -> tuple[DialogueTurn, ...]:
    """A dialogue for the model: the customer's words, and the business's, as much of each as is read."""
    return tuple(
        DialogueTurn("user" if each.author == "contact" else "assistant", each.text[:READ], each.name)
        for each in messages
        if each.text
    )
