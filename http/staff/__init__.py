"""Plixa's own staff: how they sign in, the workspaces that they look after, their audit, the waiting list."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.staff.routes import admin_auth, audit_logs, tenants, waitlist

EDGE = Edge(routes=routes_in(admin_auth, tenants, audit_logs, waitlist))
