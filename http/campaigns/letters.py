"""A campaign's mail to one person: its placeholders filled in, in a plain frame, with the way out of the list.

Placeholders stand in the rendered HTML and text, and their values are escaped: a name is never Markdown. Those that
nobody knows are refused when a campaign is saved.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from plixa.engine.errors import Invalid
from plixa.http.clients.mail.port import Mail

NAMES = ("name", "first_name", "company")
_PLACEHOLDER = re.compile(r"\{\{\s*(\w{1,40})\s*\}\}")
FOOTERS = {
    "en": ("You get this e-mail because you run a workspace on Plixa.", "Unsubscribe"),
    "pt-BR": ("Você recebe este e-mail porque tem um espaço de trabalho na Plixa.", "Cancelar a inscrição"),
    "es": ("Recibes este correo porque tienes un espacio de trabajo en Plixa.", "Darse de baja"),
}
STYLE = """<style>
.card a { color: #0a7359; }
.card img { max-width: 100%; height: auto; }
.card blockquote { margin: 16px 0; padding: 2px 16px; border-left: 3px solid #dde5e1; }
@media (prefers-color-scheme: dark) {
  body, .ground { background: #0d1311 !important; }
  .card { background: #131b18 !important; border-color: #25302b !important; color: #e4ece8 !important; }
  .card a { color: #45cf9c !important; }
  .card blockquote { border-color: #25302b !important; }
  .muted, .muted a { color: #92a39b !important; }
}
</style>"""
"""As of our letters (`http/clients/mail/templates/base.html`). A program that drops it shows light."""
FRAME = """<!doctype html>
<html lang="{locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{subject}</title>{style}</head>
<body class="ground" style="margin:0;padding:0;background:#f1f4f2;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td align="center" style="padding:32px 16px;">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:560px;">
<tr><td class="card" style="background:#ffffff;border:1px solid #dde5e1;border-radius:14px;padding:36px 40px;
font:16px/25px -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#13201b;word-break:break-word;">
{body}
</td></tr><tr><td class="muted" style="padding:20px 40px;color:#5c6b64;
font:13px/20px -apple-system,'Segoe UI',Roboto,Arial,sans-serif;">{why}
<a href="{url}" style="color:#5c6b64;">{leave}</a></td></tr></table>
</td></tr></table></body></html>
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom it is for."""

    email: str
    name: str
    company: str
    locale: str

    @property
    def values(self) -> dict[str, str]:
        """Of the placeholders."""
        return {"name": self.name, "first_name": self.name.partition(" ")[0], "company": self.company}


def must_be_known(text: str, field: str) -> None:
    """Raises `Invalid` for placeholders that there are not."""
    if wrong := sorted({name for name in _PLACEHOLDER.findall(text) if name not in NAMES}):
        known = ", ".join(f"{{{{{name}}}}}" for name in NAMES)
        raise Invalid({field: [f"There is no placeholder {', '.join(wrong)}. There are {known}."]})


def filled(text: str, values: dict[str, str], *, escaped: bool = False) -> str:
    """With the values in their places."""

    def value(found: re.Match[str]) -> str:
        given = values.get(found[1], "")
        return html.escape(given) if escaped else given

    return _PLACEHOLDER.sub(value, text)


def letter(subject: str, body: tuple[str, str], person: Person, url: str, id_: str) -> Mail:
    """The mail. body: HTML and text, as they were rendered. url: where one unsubscribes."""
    locale = "pt-BR" if person.locale == "pt" else person.locale
    locale = locale if locale in FOOTERS else "en"
    why, leave = FOOTERS[locale]
    inside, text = body
    line = " ".join(filled(subject, person.values).split())
    return Mail(
        to=person.email,
        subject=line,
        text=f"{filled(text, person.values)}\n\n-- \n{why}\n{leave}: {url}\n",
        html=FRAME.format(
            locale=locale,
            subject=html.escape(line),
            style=STYLE,
            body=filled(inside, person.values, escaped=True),
            why=html.escape(why),
            leave=html.escape(leave),
            url=html.escape(url),
        ),
        tag="campaign",
        idempotency_id=id_,
        unsubscribe_url=url if url.startswith("https://") else "",
    )
