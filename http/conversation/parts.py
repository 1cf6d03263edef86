"""What this feature brings to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.conversation.media import Media

MEDIA = Part[Media]("messages' files")
