"""Where pictures are."""

from __future__ import annotations

from plixa.engine.settings import as_url, setting

PICTURES_URL = setting("PICTURES_URL", "", as_url, "where browsers get pictures; empty: from this server")
S3_BUCKET = setting("S3_BUCKET", "", str, "keeps pictures in S3 or what speaks like it; empty: in `PLIXA_DATA_DIR`")
S3_URL = setting("S3_URL", "https://s3.amazonaws.com", as_url, "where that storage is")
S3_REGION = setting("S3_REGION", "us-east-1", str, "its region")
S3_ACCESS_KEY_ID = setting("S3_ACCESS_KEY_ID", "", str, "its access key", secret=True)
S3_SECRET_ACCESS_KEY = setting("S3_SECRET_ACCESS_KEY", "", str, "the secret of that key", secret=True)
SETTINGS = (
    PICTURES_URL,
    S3_BUCKET,
    S3_URL,
    S3_REGION,
    S3_ACCESS_KEY_ID,
    S3_SECRET_ACCESS_KEY,
)
