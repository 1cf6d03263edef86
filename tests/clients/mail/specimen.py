"""A mail with everything in it that has to survive the journey."""

from __future__ import annotations

from datetime import UTC, datetime

from plixa.engine.clock import ManualClock
from plixa.http.clients.mail.port import Mail

CLOCK = ManualClock(datetime(2026, 5, 25, 12, 0, tzinfo=UTC))
SENDER = "Plixa <hello@plixa.app>"
MAIL = Mail(
    to="ana@example.com",
    subject="Olá, João 👋",
    text="Oi\n.\n..pontos\nhttps://plixa.app/x\n",
    html='<p>Olá &amp; <a href="https://plixa.app/x">oi</a></p>',
    tag="invitation",
    idempotency_id="invitation/17",
    unsubscribe_url="https://plixa.app/u/1",
)
