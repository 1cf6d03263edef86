"""The settings of mails and pushes."""

from __future__ import annotations

from plixa.engine.settings import Settings, as_url, setting


def _subject(text: str) -> str:
    if not text.startswith(("mailto:", "https://")):
        raise ValueError("expected mailto:… or a URL that starts with https://")
    return text


def _no_way_out(settings: Settings) -> str:
    there_is_one = settings[RESEND_API_KEY] or settings[SMTP_URL]
    return "" if there_is_one else "set it or SMTP_URL, a way for mails to go out; the folder is for development"


RESEND_API_KEY = setting(
    "RESEND_API_KEY",
    "",
    str,
    "sends mails with Resend; without it, with `SMTP_URL`; without both they go into a folder: see `/dev/mail`",
    secret=True,
    unsafe=_no_way_out,
)
RESEND_URL = setting("RESEND_URL", "https://api.resend.com", as_url, "where Resend's API is")
SMTP_URL = setting("SMTP_URL", "", str, "`smtps://user:password@host:465` or `smtp://…:587?starttls`", secret=True)
MAIL_FROM = setting("MAIL_FROM", "Plixa <hello@plixa.example>", str, "the sender of all mails")
VAPID_SUBJECT = setting(
    "VAPID_SUBJECT",
    "mailto:hello@plixa.example",
    _subject,
    "whom push services write to when pushes misbehave: `mailto:…` or an https URL",
)
SETTINGS = (
    RESEND_API_KEY,
    RESEND_URL,
    SMTP_URL,
    MAIL_FROM,
    VAPID_SUBJECT,
)
