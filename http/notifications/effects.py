"""Mails, digests and pushes, as effects."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.engine.effects import Handler
from plixa.http.api.services import Services
from plixa.http.clients.mail.errors import MailRefused, MailUncertain
from plixa.http.notifications.digest import Digests
from plixa.http.notifications.mailing import Mailing
from plixa.http.notifications.pushing import Pushing
from plixa.http.outbox.reports import reporting

MAILS = Queue("mails", at_once=16, share=4)
PUSHES = Queue("pushes", at_once=32, share=8)
EFFECTS: Mapping[str, EffectSpec] = {
    # Given up by age, after two days (`mailing.py`), for mail servers put off for hours.
    "mail.send": EffectSpec(queue=MAILS, tries=None, always=True),
    "digest.send": EffectSpec(queue=MAILS, tries=20, tells=True),
    # News that is not new any more (`pushing.py`).
    "push.send": EffectSpec(queue=PUSHES, tries=3),
}


def handlers(services: Services, pushing: Pushing) -> Mapping[str, Handler]:
    """By effect kind."""
    return {
        "mail.send": reporting(Mailing(services).send, refused=(MailRefused,), uncertain=(MailUncertain,)),
        "digest.send": reporting(Digests(services).digest),
        "push.send": pushing.tell,
    }
