"""A session that a browser keeps: signed in in every tab, and after the browser was closed.

The session's token goes into a cookie that no script can read and that no other site makes a browser send. What uses
it has to show, in a header, the key that belongs to it: a page of another site can neither read that key nor set that
header. Whoever reads this token out of a response instead, as programs do, has nothing to do with either.
"""

from __future__ import annotations

from typing_extensions import TypedDict

from plixa.http.api import Answer, Call, cookies, route
from plixa.http.people.routes.auth import TAG


class Kept(TypedDict):
    csrf: str


@route("POST", "/v1/auth/session", tag=TAG, ability="panel", answer=Kept, always=True, acting=False)
async def keep_session(call: Call) -> Answer:
    """Keep this session in the browser

    Sets the session's token as a cookie that scripts cannot read, and answers the key that a request by the cookie has
    to show as `X-CSRF-Token`; the live push shows it in its first frame. Signing out takes both back.
    """
    token = call.token or ""
    made = cookies.made(call.services, token)
    return Answer({"csrf": cookies.csrf_of(call.services, token)}, cookies=made)
