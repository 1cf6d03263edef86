"""What calendars bring to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.calendars.channels import Channels
from plixa.http.calendars.linking import Linking
from plixa.http.calendars.syncing import Syncing


class Calendars:
    """Members' calendars at Google."""

    def __init__(self, linking: Linking, syncing: Syncing, channels: Channels) -> None:
        self.linking = linking
        self.syncing = syncing
        self.channels = channels


CALENDARS = Part[Calendars | None]("calendars")
"""None where no client of Google is set."""
