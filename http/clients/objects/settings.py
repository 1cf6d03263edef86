"""The bucket for whatever is kept in one: the workspace feature declares these to the environment."""

from __future__ import annotations

from plixa.engine.settings import Settings, as_url, setting
from plixa.http.clients.objects.store import Bucket

S3_BUCKET = setting(
    "S3_BUCKET",
    "",
    str,
    "keeps pictures in S3 or what speaks like it, with `MEDIA_STORE` messages' files, too; empty: in `PLIXA_DATA_DIR`",
)
S3_URL = setting("S3_URL", "https://s3.amazonaws.com", as_url, "where that storage is")
S3_REGION = setting("S3_REGION", "us-east-1", str, "its region")
S3_ACCESS_KEY_ID = setting("S3_ACCESS_KEY_ID", "", str, "its access key", secret=True)
S3_SECRET_ACCESS_KEY = setting("S3_SECRET_ACCESS_KEY", "", str, "the secret of that key", secret=True)


def bucket_of(settings: Settings, name: str = "", prefix: str = "") -> Bucket:
    """The bucket of this name at the storage that is set, or `S3_BUCKET`. prefix: before all keys."""
    url, region = settings[S3_URL], settings[S3_REGION]
    key, secret = settings[S3_ACCESS_KEY_ID], settings[S3_SECRET_ACCESS_KEY]
    return Bucket(url, name or settings[S3_BUCKET], region, key, secret, prefix)
