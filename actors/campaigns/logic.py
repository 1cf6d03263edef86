"""What campaigns bring to the actors."""

from __future__ import annotations

from plixa.actors.campaigns.campaign import CAMPAIGN
from plixa.actors.feature import Logic

LOGIC = Logic(kinds=(CAMPAIGN,))
