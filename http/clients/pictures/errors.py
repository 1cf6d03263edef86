"""Why an upload is not taken, each an `Invalid` (422) that names the field; and trouble with the storage.

PictureError           (Invalid)
├── EmptyPicture       no bytes
├── PictureTooLarge    too many bytes, or too many pixels
├── WrongPictureType   not PNG, JPEG or WebP by its content, whatever its name says
└── BrokenPicture      it cannot be read to its end
PictureStorageDown     (Unavailable) nothing is known to have changed; ask again
"""

from __future__ import annotations

from plixa.engine.errors import Invalid, Unavailable


class PictureError(Invalid):
    """Base of all that is the upload's fault."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__({field: [problem]}, problem)
        self.field = field


class EmptyPicture(PictureError):
    """There is nothing in it."""


class PictureTooLarge(PictureError):
    """Over a limit."""


class WrongPictureType(PictureError):
    """Something else than a picture that we take."""


class BrokenPicture(PictureError):
    """It begins like a picture."""


class PictureStorageDown(Unavailable):
    """The storage does not answer, or not as it should."""
