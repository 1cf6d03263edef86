"""The workspace's logo, and the public address under which browsers get it."""

from __future__ import annotations

from uuid import UUID

from typing_extensions import TypedDict

from plixa.actors.workspace.logo import SetLogo
from plixa.engine.errors import Invalid, NotFound, PlixaError
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body
from plixa.http.clients.pictures.cleaning import clean
from plixa.http.workspace.parts import PICTURES

TAG = "Workspace configuration"
PATH = "/v1/workspace-config/logo"
LIMIT = 1024 * 1024
FORM_LIMIT = LIMIT + 192 * 1024
FOR_EVER = "public, max-age=31536000, immutable"


class Upload(Body):
    """The picture is in the form field `logo`."""


class Logo(TypedDict):
    logo_url: str


@route(
    "POST",
    PATH,
    tag=TAG,
    who="owner",
    body=Upload,
    form=True,
    file="logo",
    answer=Logo,
    max_body=FORM_LIMIT,
    rate="10/minute",
)
async def set_logo(call: Call) -> Answer:
    """Upload (or replace) the workspace logo

    PNG, JPEG or WebP by its content, at most 1024 KB. It is written anew, no side longer than 1024 pixels, and kept
    under a new key: anybody who knows its address can see it.
    """
    upload, pictures = call.files.get("logo"), call.services[PICTURES]
    if upload is None:
        raise Invalid({"logo": ["The logo field is required."]})
    picture = await clean(upload.read(), max_bytes=LIMIT, field="logo")
    key = await pictures.put(picture.data, picture.mime)
    try:
        await call.ask("workspace", call.tenant, SetLogo(key=key))
    except PlixaError as error:
        if error.status < 500:  # refused for certain; else it may have been stored, and be the logo
            await pictures.delete(key)
        raise
    return Answer({"logo_url": pictures.url(key)})


@route("DELETE", PATH, tag=TAG, who="owner", status=204)
async def remove_logo(call: Call) -> Answer:
    """Remove the workspace logo

    Where there is none, nothing changes.
    """
    await call.ask("workspace", call.tenant, SetLogo(key=None))
    return Answer(status=204)


@route("GET", "/v1/images/{key}", tag=TAG, who="public", answer=bytes)
async def get_image(call: Call) -> Answer:
    """Get a public picture

    Logos, by the key in their address. What is under a key never changes.
    """
    found = await call.services[PICTURES].get(str(UUID(int=call.params["key"])))
    if found is None:
        raise NotFound("image")
    data, mime = found
    headers = {"Content-Type": mime, "Cache-Control": FOR_EVER, "Cross-Origin-Resource-Policy": "cross-origin"}
    return Answer(raw=data, headers={**headers, "Content-Disposition": "inline"})
