"""Trouble with a store."""

from __future__ import annotations

from plixa.engine.errors import Unavailable


class StorageDown(Unavailable):
    """The storage does not answer, or not as it should: nothing is known to have changed.

    lasting: it refuses, as with a wrong key, and will do so again.
    """

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting
