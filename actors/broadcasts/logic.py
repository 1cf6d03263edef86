"""What broadcasts bring to the actors."""

from __future__ import annotations

from plixa.actors.broadcasts.actor import BROADCAST
from plixa.actors.broadcasts.config import BROADCASTS
from plixa.actors.broadcasts.told import TELLS
from plixa.actors.broadcasts.view import SHOWS
from plixa.actors.feature import Logic

LOGIC = Logic(kinds=(BROADCAST,), configs=(BROADCASTS,), shows=SHOWS, tells=TELLS)
