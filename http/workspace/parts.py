"""What this feature brings to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.clients.pictures.store import PictureStore

PICTURES = Part[PictureStore]("the store of pictures")
