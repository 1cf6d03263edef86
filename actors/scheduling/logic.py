"""What the agenda brings to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic
from plixa.actors.scheduling.deciding import AGENDA

LOGIC = Logic(kinds=(AGENDA,))
