"""The example's letter and its setting."""

from __future__ import annotations

from plixa.engine.settings import setting
from plixa.http.clients.mail.kinds import TEXT, MailKind, Template
from plixa.http.clients.mail.templates.words import LOCALES, Letter

GREETING_WORD = setting("GREETING_WORD", "Hello", str, "how somebody is greeted")
LETTER = Letter(subject="{who} was greeted", preview="Just now.", title="A greeting", lines=("<b>{who}</b>, yes.",))
GREETING = Template(MailKind({"who": TEXT}), dict.fromkeys(LOCALES, LETTER))
