"""Plixa's own staff: how they sign in, and who waits to be a customer."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.staff.routes import admin_auth, waitlist

EDGE = Edge(routes=routes_in(admin_auth, waitlist))
