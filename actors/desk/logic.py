"""What the support desk brings to the actors."""

from __future__ import annotations

from plixa.actors.desk import told
from plixa.actors.desk.shared import DESK
from plixa.actors.desk.ticket import TICKET
from plixa.actors.feature import Logic

LOGIC = Logic(kinds=(TICKET, DESK), shows=told.SHOWS, only=told.ONLY, tells=told.TELLS)
