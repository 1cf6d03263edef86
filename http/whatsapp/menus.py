"""A text on its way out with what the customer may tap: buttons or a list where the gateway has them, else its numbers.

The text numbers its options in any case, so falling back is sending it without the rest. That happens only where
nothing can have gone out: the gateway refused, or a doubtful send was looked up and had not happened. It is written
down before the text goes out, and a message that has once fallen back goes out as numbers at every further try.

A gateway that refuses is not asked again for a while, a kind of menu and an instance at a time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from plixa.actors.conversation.commands import SendNumbered
from plixa.actors.whatsapp.gateway import Menu
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.whatsapp.evolution.client import Sent
from plixa.http.whatsapp.evolution.errors import GatewayUncertain, MenuRefused
from plixa.http.whatsapp.lru import Lru
from plixa.http.whatsapp.parts import GATEWAY

REFUSED_FOR = timedelta(hours=1)
DOUBTED_FOR = timedelta(minutes=10)
MOST = 1000
"""Refusals and doubts that are remembered, each."""
Shown = Literal["buttons", "list"]


class Refusal(Struct, frozen=True):
    """The gateway's word, and until when it is taken to stand."""

    why: str
    until: datetime


class Menus:
    """Sends texts, with what is to be tapped where there is something."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._refusals: Lru[tuple[str, Shown], Refusal] = Lru(MOST)
        self._doubted: Lru[tuple[int, int], bool] = Lru(MOST)

    async def send_text(
        self, stored: StoredEffect, instance: str, to: str, message: dict[str, Any], quoted: str | None
    ) -> Sent:
        """Send the text of a message. The address may be tried in several forms: what fell back stays so."""
        menu = menu_of(message)
        if menu is not None and (why := self._refusal(instance, menu.shown)):
            await self._number(stored, message, why)
        elif menu is not None:
            try:
                return await self._send_menu(stored, instance, to, message, menu, quoted)
            except MenuRefused as error:
                self._remember(instance, menu.shown, error.message, REFUSED_FOR)
                await self._number(stored, message, error.message)
        return await self._services[GATEWAY].send_text(instance, to, message["body"] or "", quoted)

    async def _send_menu(
        self, stored: StoredEffect, instance: str, to: str, message: dict[str, Any], menu: Menu, quoted: str | None
    ) -> Sent:
        try:
            return await self._services[GATEWAY].send_menu(instance, to, message["body"] or "", menu, quoted)
        except GatewayUncertain:
            self._doubted.put((stored.owner.tenant, message["id"]), value=True)
            raise

    async def did_not_go_out(self, stored: StoredEffect, instance: str, message: dict[str, Any]) -> None:
        """A doubtful send was looked up and had not happened. If the gateway failed at a menu, the next try is numbers.

        A send that our own end cut short says nothing about the gateway, and is simply tried again.
        """
        menu = menu_of(message)
        if menu is not None and self._doubted.get((stored.owner.tenant, message["id"])):
            why = f"With {'buttons' if menu.shown == 'buttons' else 'a list'} it did not go out, as a look-up showed."
            if await self._number(stored, message, why):
                self._remember(instance, menu.shown, why, DOUBTED_FOR)

    def _refusal(self, instance: str, shown: Shown) -> str | None:
        """Why the gateway is not asked; None where it is."""
        refusal = self._refusals.get((instance, shown))
        return None if refusal is None or refusal.until <= self._services.clock.now() else refusal.why

    def _remember(self, instance: str, shown: Shown, why: str, span: timedelta) -> None:
        self._refusals.put((instance, shown), Refusal(why, self._services.clock.now() + span))

    async def _number(self, stored: StoredEffect, message: dict[str, Any], why: str) -> bool:
        """From here on the message is numbers; false if it has gone out meanwhile."""
        message["extra"]["menu"]["shown"] = "numbers"
        command, cause = SendNumbered(message_id=message["id"], why=why), f"effect:{stored.effect.id}"
        outcome = await self._services.bus.ask(stored.owner, command, actor="system", cause=cause)
        return bool(outcome.recorded)


def menu_of(message: dict[str, Any]) -> Menu | None:
    """What a stored message lets the customer tap; None for any other, and for one that has fallen back."""
    extra: dict[str, Any] = message["extra"] or {}
    menu = extra.get("menu")
    if menu is None or menu["shown"] == "numbers":
        return None
    return msgspec.convert(menu, Menu)
