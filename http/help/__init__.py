"""The knowledge base: staff write it, everybody reads it, by the API and at `/help/`."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.help.pages import add_pages
from plixa.http.help.routes import public, staff

EDGE = Edge(routes=routes_in(public, staff), pages=(add_pages,))
