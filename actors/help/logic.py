"""What the knowledge base brings to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic
from plixa.actors.help.library import LIBRARY

LOGIC = Logic(kinds=(LIBRARY,))
