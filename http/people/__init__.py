"""Members and how they come in: sign-in, passwords, second factor, sessions, tokens, invitations."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.people.forms import FORMS
from plixa.http.people.routes import api_tokens, auth, emails, me, passwords, sessions, staying, team, two_factor

FACE = ("second_factor",)
EDGE = Edge(
    forms=FORMS,
    routes=routes_in(auth, staying, me, sessions, passwords, emails, two_factor, api_tokens, team),
    buttons={
        "invitation": ("accept_url", "#/accept"),
        "password_reset": ("url", "#/reset"),
        "email_verification": ("url", "#/confirm-email"),
    },
)
