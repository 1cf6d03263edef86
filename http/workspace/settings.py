"""Where pictures are."""

from __future__ import annotations

from plixa.engine.settings import as_url, setting
from plixa.http.clients.objects.settings import S3_ACCESS_KEY_ID, S3_BUCKET, S3_REGION, S3_SECRET_ACCESS_KEY, S3_URL

PICTURES_URL = setting("PICTURES_URL", "", as_url, "where browsers get pictures; empty: from this server")
SETTINGS = (
    PICTURES_URL,
    S3_BUCKET,
    S3_URL,
    S3_REGION,
    S3_ACCESS_KEY_ID,
    S3_SECRET_ACCESS_KEY,
)
