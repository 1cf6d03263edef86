"""Where messages' files are."""

from __future__ import annotations

from plixa.engine.settings import Settings, one_of, setting
from plixa.http.clients.objects.settings import S3_BUCKET


def _no_bucket(settings: Settings) -> str:
    return "s3 needs S3_BUCKET" if settings[MEDIA_STORE] == "s3" and not settings[S3_BUCKET] else ""


MEDIA_STORE = setting(
    "MEDIA_STORE",
    "folder",
    one_of("folder", "s3"),
    "where messages' files are: in `PLIXA_DATA_DIR`, or in `S3_BUCKET`, which several machines need",
    unsafe=_no_bucket,
)
SETTINGS = (MEDIA_STORE,)
