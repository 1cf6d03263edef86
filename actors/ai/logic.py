"""What the AI's ledger, its configuration and its FAQs bring to the actors."""

from __future__ import annotations

from plixa.actors.ai.config import AI
from plixa.actors.ai.faqs import FAQS
from plixa.actors.ai.ledger import LEDGER
from plixa.actors.feature import Logic

LOGIC = Logic(kinds=(LEDGER,), collections=(FAQS,), configs=(AI,))
