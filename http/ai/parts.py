"""What this feature brings to a node."""

from __future__ import annotations

from plixa.http.ai.client.answerer import Answerer
from plixa.http.api.services import Part

ANSWERER = Part[Answerer]("the AI")
