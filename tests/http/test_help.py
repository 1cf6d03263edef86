"""The knowledge base: what staff write, and what everybody may read of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.harness import Json, Workspace
from tests.http.house import PICTURE
from tests.http.tables import Tables
from tests.http.test_staff import Desk, signed_in

from plixa.compose import Node
from plixa.http.help import shipped
from plixa.storage.help.folding import indexed, query_of

PATH = "/v1/admin/kb/articles"
PUBLIC = "/v1/kb/articles"


@pytest.fixture(autouse=True)
def empty_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    """What staff write is alone; `test_help_shipped.py` has what comes with Plixa."""

    async def none(_locale: str) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(shipped, "shelf", none)


@pytest.fixture
async def desk(node: Node, workspace: Workspace) -> Desk:
    """Rita of staff."""
    return await signed_in(node, workspace)


@pytest.fixture
def reader(workspace: Workspace) -> httpx.AsyncClient:
    """Anybody."""
    workspace.client.headers.pop("Authorization")
    return workspace.client


async def _write(desk: Desk, title: str, body: str = "Words.", **more: Any) -> Json:
    made: Json = await desk.post(PATH, {"title": title, "body": body, "is_published": True, **more}, 201)
    return made


@pytest.mark.spec(45)
@pytest.mark.spec(46)
async def test_staff_write_drafts_that_nobody_else_reads(desk: Desk, reader: httpx.AsyncClient) -> None:
    draft = await _write(desk, "How to connect", "**Scan** the code", is_published=False)
    assert (draft["slug"], draft["is_published"], draft["html"]) == (
        "how-to-connect",
        False,
        "<p><strong>Scan</strong> the code</p>\n",
    )
    assert [each["id"] for each in await desk.get(PATH, is_published="0")] == [draft["id"]]
    for path in (PUBLIC, f"{PUBLIC}/how-to-connect", "/v1/kb/search?q=scan", "/help/en/", "/help/en/how-to-connect"):
        answer = await reader.get(path)
        assert "Scan" not in answer.text
        assert "connect" not in answer.text.replace("how-to-connect", "")
    assert (await reader.get(f"{PUBLIC}/how-to-connect")).status_code == 404
    await desk.call("PUT", f"{PATH}/{draft['id']}", json={"is_published": True})
    assert (await reader.get(f"{PUBLIC}/how-to-connect")).json()["data"]["html"] == draft["html"]
    await desk.call("DELETE", f"{PATH}/{draft['id']}", 204)
    assert (await reader.get(f"{PUBLIC}/how-to-connect")).status_code == 410
    assert (await reader.get("/help/en/how-to-connect")).status_code == 410
    await desk.call("GET", f"{PATH}/{draft['id']}", 404)


async def test_a_name_is_one_articles_and_an_old_one_leads_on(desk: Desk, reader: httpx.AsyncClient) -> None:
    first, second = await _write(desk, "Oi"), await _write(desk, "Oi")
    assert (first["slug"], second["slug"]) == ("oi", "oi-2")
    await desk.post(PATH, {"title": "x", "body": "x", "slug": "oi"}, 422)
    for wrong in ("search", "a/b", "Ä", "-a", ""):
        await desk.post(PATH, {"title": "x", "body": "x", "slug": wrong}, 422)
    assert (await _write(desk, "Oi", locale="es"))["slug"] == "oi"  # unique in its language only
    changed = await desk.call("PUT", f"{PATH}/{first['id']}", json={"slug": "hello"})
    assert (changed["slug"], changed["version"]) == ("hello", 2)
    moved = await reader.get(f"{PUBLIC}/oi", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (301, f"{PUBLIC}/hello?locale=en")
    assert (await reader.get("/help/en/oi", follow_redirects=False)).headers["location"] == "/help/en/hello"
    await desk.post(PATH, {"title": "x", "body": "x", "slug": "oi"}, 422)  # it leads somewhere
    assert [each["slug"] for each in await desk.get(f"{PATH}/{first['id']}/versions")] == ["hello", "oi"]


async def test_two_who_change_an_article_at_once_do_not_overwrite_each_other(desk: Desk) -> None:
    made = await _write(desk, "Oi")
    await desk.call("PUT", f"{PATH}/{made['id']}", json={"title": "A", "version": 1})
    await desk.call("PUT", f"{PATH}/{made['id']}", 409, json={"title": "B", "version": 1})


async def test_readers_get_their_language_or_hear_that_there_is_none(desk: Desk, reader: httpx.AsyncClient) -> None:
    english = await _write(desk, "Connect a number")
    await _write(desk, "Conectar um número", locale="pt-BR", translation_of=english["id"])
    own = (await reader.get(f"{PUBLIC}/connect-a-number", params={"locale": "pt"})).json()["data"]
    assert (own["title"], own["fallback"]) == ("Conectar um número", False)
    other = (await reader.get(f"{PUBLIC}/connect-a-number", params={"locale": "es"})).json()["data"]
    assert (other["locale"], other["fallback"]) == ("en", True)
    assert {each["locale"] for each in other["translations"]} == {"en", "pt-BR"}
    await desk.post(PATH, {"title": "x", "body": "x", "locale": "pt-BR", "translation_of": english["id"]}, 422)
    page = await reader.get("/help/es/connect-a-number")
    assert "todavía no existe en español" in page.text
    home = await reader.get("/help/", headers={"Accept-Language": "pt-PT,pt;q=0.9"}, follow_redirects=False)
    assert home.headers["location"] == "/help/pt-BR/"


async def test_whoever_has_it_gets_it_once(desk: Desk, reader: httpx.AsyncClient) -> None:
    made = await _write(desk, "Oi")
    for path in (PUBLIC, f"{PUBLIC}/oi"):
        first = await reader.get(path)
        assert first.headers["cache-control"] == "public, max-age=60"
        again = await reader.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    await desk.call("PUT", f"{PATH}/{made['id']}", json={"body": "Other words."})
    changed = await reader.get(f"{PUBLIC}/oi", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_words_are_found_however_they_are_written(desk: Desk, reader: httpx.AsyncClient) -> None:
    made = await _write(desk, "Suas configurações", "O código WORKSPACE_SUSPENDED e as ações.", locale="pt-BR")
    for asked in ("configuracao", "CONFIGURAÇÃO", "configur", "acao", "WORKSPACE_SUSPENDED", "acoes suas"):
        found = (await reader.get("/v1/kb/search", params={"q": asked, "locale": "pt-BR"})).json()["data"]
        assert [each["id"] for each in found] == [made["id"]], asked
    for asked in ("nothing", "& | !", "configuracao nada"):
        assert (await reader.get("/v1/kb/search", params={"q": asked, "locale": "pt-BR"})).json()["data"] == []
    assert query_of("") is None
    assert "mensagem" in indexed("Mensagens").split()


async def test_pages_need_no_script_and_let_nothing_in(desk: Desk, reader: httpx.AsyncClient, tables: Tables) -> None:
    made = await _write(desk, "<script>alert(1)</script>", "a **b**")
    page = await reader.get(f"/help/en/{made['slug']}")
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    found = await reader.get("/help/en/search", params={"q": '"><script>alert(1)</script>'})
    assert "<script" not in found.text
    for _ in range(3):
        thanked = await reader.post(f"/help/en/{made['slug']}", data={"helped": "yes"})
        assert "Thank you" in thanked.text
    assert [(row["yes"], row["no"]) for row in await tables.rows("select yes, no from kb_votes")] == [(1, 0)]
    assert (await reader.get("/help/xx/")).status_code == 404


async def test_images_are_written_anew_and_only_ours_are_shown(desk: Desk, reader: httpx.AsyncClient) -> None:
    image = await desk.call("POST", "/v1/admin/kb/images", 201, files={"image": PICTURE})
    made = await _write(desk, "With a picture", f"![the code]({image['url']})")
    assert f'src="{image["url"]}"' in made["html"]
    await desk.post(PATH, {"title": "x", "body": "![x](https://tracker.example/p.gif)"}, 422)
    for bad in (b"<svg/onload=alert(1)>", b"", b"GIF89a"):
        await desk.call("POST", "/v1/admin/kb/images", 422, files={"image": ("x.png", bad, "image/png")})
    tail = (PICTURE[0], PICTURE[1] + b"<script>alert(1)</script>", PICTURE[2])
    cleaned = await desk.call("POST", "/v1/admin/kb/images", 201, files={"image": tail})
    assert b"<script>" not in (await reader.get(cleaned["url"])).content
