"""What WhatsApp numbers bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic
from plixa.actors.whatsapp import told
from plixa.actors.whatsapp.number import NUMBER

LOGIC = Logic(kinds=(NUMBER,), shows=told.SHOWS, tells=told.TELLS)
