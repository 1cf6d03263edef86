"""The settings of the support desk."""

from __future__ import annotations

from plixa.engine.settings import setting

SUPPORT_INBOUND = setting(
    "SUPPORT_INBOUND",
    "",
    str,
    "an address whose mails Resend passes on to `/v1/webhooks/resend`: with it, members may answer tickets by mail",
)
SETTINGS = (SUPPORT_INBOUND,)
