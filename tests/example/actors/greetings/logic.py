"""What the example brings to the actors."""

from __future__ import annotations

from plixa.actors.greetings import GREETINGS

from plixa.actors.feature import Logic

LOGIC = Logic(kinds=(GREETINGS,))
