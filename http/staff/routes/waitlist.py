"""The public waiting list of the landing page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints
from typing_extensions import TypedDict

from plixa.engine.errors import Conflict
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body, Email
from plixa.storage.staff import waitlist as reads

TAG = "Waitlist"
LISTED = "WAITLIST_EMAIL_ALREADY_REGISTERED"


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("Expected a URL that starts with http:// or https://.")
    return text


Tag = Annotated[str, StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
Url = Annotated[str, StringConstraints(max_length=2048, pattern=r"^[\x21-\x7e]+$"), AfterValidator(_url)]


class Join(Body):
    """`locale`: a language tag (BCP 47), "pt-BR". `referrer`: the page that they came from."""

    email: Email
    locale: Tag | None = None
    referrer: Url | None = None


class WaitlistEntry(TypedDict):
    id: int
    email: str
    created_at: datetime


@route(
    "POST",
    "/v1/waitlist",
    tag=TAG,
    who="public",
    body=Join,
    answer=WaitlistEntry,
    status=201,
    max_body=8 * 1024,
    rate="10/minute",
    idempotent=True,
    raises=(LISTED,),
)
async def join_waitlist(call: Call) -> Answer:
    """Join the public waiting list

    For early access. The address is kept in lower case, and is never sold.
    """
    body: Join = call.body
    row = await call.read(reads.add, body.email, body.locale, body.referrer, call.services.clock.now())
    if row is None:
        raise Conflict("This email is already on the waitlist.", code=LISTED)
    return await call.keep(Answer(dict(row), status=201), f"waitlist-{row['id']}")
