"""The settings of campaigns."""

from __future__ import annotations

from plixa.engine.settings import setting

CAMPAIGN_FROM = setting("CAMPAIGN_FROM", "", str, "the sender of campaigns; empty: as of all mails")
CAMPAIGN_RATE = setting("CAMPAIGN_RATE", "2", float, "how many mails of campaigns go out a second")
RESEND_WEBHOOK_SECRET = setting(
    "RESEND_WEBHOOK_SECRET",
    "",
    str,
    "`whsec_…` of Resend's webhook to `/v1/webhooks/resend`; two with a comma while it is changed",
    secret=True,
)
SETTINGS = (CAMPAIGN_FROM, CAMPAIGN_RATE, RESEND_WEBHOOK_SECRET)
