"""What the dispatcher, its rules and sectors bring to the actors."""

from __future__ import annotations

from plixa.actors.assignment.dispatcher import DISPATCH
from plixa.actors.assignment.rules import ASSIGNMENT_RULES
from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.feature import Logic

LOGIC = Logic(kinds=(DISPATCH,), collections=(SECTORS, ASSIGNMENT_RULES))
