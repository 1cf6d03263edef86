"""The workspace's logo: uploaded, cleaned, public, replaced, removed."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import trio
from PIL import Image
from tests import harness
from tests.harness import PASSWORD, Phones, Workspace
from tests.http import people
from tests.http.later import later_node

from plixa.compose import Node, open_node

PATH = "/v1/workspace-config/logo"


def _picture(kind: str = "PNG", size: tuple[int, int] = (300, 80), color: str = "navy") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, kind)
    return file.getvalue()


async def _upload(
    workspace: Workspace, data: bytes, name: str = "logo.png", bearer: str | None = None
) -> httpx.Response:
    headers = {"Authorization": bearer} if bearer is not None else {}
    return await workspace.client.post(PATH, files={"logo": (name, data, "image/png")}, headers=headers)


async def _url(workspace: Workspace) -> str | None:
    url: str | None = (await workspace.get("/v1/me"))["data"]["tenant"]["logo_url"]
    return url


async def _get(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


def _kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "pictures").glob("*")}


@pytest.mark.spec(315)
@pytest.mark.spec(316)
@pytest.mark.parametrize(("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_a_logo_is_public_under_a_key_of_its_own(workspace: Workspace, kind: str, mime: str) -> None:
    assert await _url(workspace) is None
    answer = await _upload(workspace, _picture(kind), "whatever.exe")
    assert answer.status_code == 200, answer.text
    url = answer.json()["data"]["logo_url"]
    assert await _url(workspace) == url
    assert UUID(url.rpartition("/")[2]).version == 4
    shown = await _get(url)
    assert shown.status_code == 200
    assert Image.open(io.BytesIO(shown.content)).size == (300, 80)
    assert {name: shown.headers[name] for name in ("content-type", "x-content-type-options", "cache-control")} == {
        "content-type": mime,
        "x-content-type-options": "nosniff",
        "cache-control": "public, max-age=31536000, immutable",
    }
    assert shown.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.spec(315)
async def test_a_new_logo_replaces_the_old_one_whose_picture_goes(workspace: Workspace, tmp_path: Path) -> None:
    old = (await _upload(workspace, _picture())).json()["data"]["logo_url"]
    new = (await _upload(workspace, _picture(color="red"))).json()["data"]["logo_url"]
    assert old != new
    assert await _url(workspace) == new
    with trio.fail_after(5):
        while _kept(tmp_path) != {new.rpartition("/")[2]}:  # noqa: ASYNC110  # nobody tells of a file
            await trio.sleep(0.02)
    assert (await _get(old)).status_code == 404


@pytest.mark.spec(317)
async def test_a_logo_is_removed_with_its_picture(workspace: Workspace, tmp_path: Path) -> None:
    url = (await _upload(workspace, _picture())).json()["data"]["logo_url"]
    for _ in range(2):
        answer = await workspace.client.delete(PATH)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await _url(workspace) is None
    with trio.fail_after(5):
        while _kept(tmp_path):  # noqa: ASYNC110  # nobody tells of a file
            await trio.sleep(0.02)
    assert (await _get(url)).status_code == 404


@pytest.mark.spec(315)
@pytest.mark.spec(317)
async def test_only_the_owner_changes_it(node: Node, workspace: Workspace, tmp_path: Path) -> None:
    url = (await _upload(workspace, _picture())).json()["data"]["logo_url"]
    member = await people.agent(node, workspace)
    assert (await _upload(workspace, _picture(), bearer=member.bearer)).status_code == 403
    removed = await workspace.client.delete(PATH, headers={"Authorization": member.bearer})
    assert removed.status_code == 403
    assert await _url(workspace) == url
    assert len(_kept(tmp_path)) == 1


@pytest.mark.spec(316)
async def test_what_is_no_picture_by_its_content_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for data in (svg, b"", b"GIF89a" + bytes(20), _picture()[:60], b"\x89PNG\r\n\x1a\n"):
        answer = await _upload(workspace, data)
        assert answer.status_code == 422, data
        assert answer.json()["errors"][0]["details"].keys() == {"logo"}
    missing = await workspace.client.post(PATH, files={"file": ("a.png", _picture(), "image/png")})
    assert missing.json()["errors"][0]["details"].keys() == {"logo"}
    assert _kept(tmp_path) == set()


@pytest.mark.spec(316)
async def test_1024_kb_are_taken_and_no_more(workspace: Workspace) -> None:
    exactly = _picture().ljust(1024 * 1024, b"\0")  # what comes after a PNG's end is not part of it
    assert (await _upload(workspace, exactly)).status_code == 200
    too_large = await _upload(workspace, exactly + b"\0")
    assert too_large.status_code == 422
    assert too_large.json()["errors"][0]["details"].keys() == {"logo"}
    assert (await _upload(workspace, bytes(2 * 1024 * 1024))).status_code == 413


async def test_an_address_that_no_picture_has(node: Node) -> None:
    key = str(uuid4())
    for wrong in (key, key.upper(), key.replace("-", ""), f"urn:uuid:{key}", "1", "..%2f..%2fetc", "%00"):
        answer = await _get(f"{node.services.public_url}/v1/images/{wrong}")
        assert answer.status_code == 404, wrong
        assert answer.json()["errors"][0]["code"] == "NOT_FOUND"


async def test_the_picture_goes_with_the_workspace(database_url: str, simulator: Phones, tmp_path: Path) -> None:
    async with (
        later_node(database_url, simulator.url, tmp_path) as later,
        harness.registered(later.node.services.public_url) as workspace,
    ):
        await _upload(workspace, _picture())
        assert _kept(tmp_path)
        await workspace.post("/v1/account/deletion", {"password": PASSWORD})
        later.forward(days=30, minutes=1)
        with trio.fail_after(10):
            while _kept(tmp_path):  # noqa: ASYNC110  # nobody tells of a file
                await trio.sleep(0.02)


async def test_pictures_may_be_served_from_elsewhere(database_url: str, simulator: Phones, tmp_path: Path) -> None:
    settings = harness.settings(database_url, simulator.url, tmp_path, PICTURES_URL="https://cdn.example/p/")
    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        url = (await _upload(workspace, _picture())).json()["data"]["logo_url"]
        assert url.startswith("https://cdn.example/p/")
        key = url.rpartition("/")[2]
        assert (await workspace.client.get(f"/v1/images/{key}")).status_code == 200
