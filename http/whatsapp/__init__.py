"""The gateway's traffic: webhooks in (`ingress`, `intake`, `directory`), calls out (`outbound`), and what watches over
both (`watch`)."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.whatsapp import routes
from plixa.http.whatsapp.effects import EFFECTS
from plixa.http.whatsapp.opening import opened, resumes
from plixa.http.whatsapp.settings import SETTINGS

FACE = ("composing", "evolution.errors", "parts")
EDGE = Edge(routes=routes_in(routes), effects=EFFECTS, settings=SETTINGS, resumes=resumes, open=opened)
