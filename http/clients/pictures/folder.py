"""Pictures in a folder: one file a picture, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import trio

from plixa.http.clients.pictures.cleaning import mime_of
from plixa.http.clients.pictures.errors import PictureStorageDown
from plixa.http.clients.pictures.keys import is_key


class FolderPictures:
    """As `PictureStore`. public_base: the URL before the key."""

    def __init__(self, folder: Path, public_base: str) -> None:
        self._folder = folder
        self._public_base = public_base.rstrip("/")

    async def put(self, data: bytes, mime: str) -> str:
        """The type is known by the content again, so `mime` is not kept."""
        key = str(uuid4())
        try:
            await trio.to_thread.run_sync(_write, self._folder / key, data)
        except OSError as error:
            raise PictureStorageDown(f"The picture could not be stored: {error.strerror}. Try again.") from error
        return key

    async def get(self, key: str) -> tuple[bytes, str] | None:
        if not is_key(key):
            return None
        try:
            data = await trio.Path(self._folder / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PictureStorageDown(f"The picture could not be read: {error.strerror}. Try again.") from error
        mime = mime_of(data)
        return (data, mime) if mime is not None else None

    async def delete(self, key: str) -> None:
        if not is_key(key):
            return
        try:
            await trio.Path(self._folder / key).unlink(missing_ok=True)
        except OSError as error:
            raise PictureStorageDown(f"The picture could not be removed: {error.strerror}. Try again.") from error

    def url(self, key: str) -> str:
        return f"{self._public_base}/{key}"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
