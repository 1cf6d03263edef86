"""The articles that come with Plixa: whole in every language, one for each page, and staff's own before them."""

from __future__ import annotations

import re

import pytest
from tests.harness import Workspace
from tests.http.test_help import PATH, PUBLIC
from tests.http.test_staff import signed_in

from plixa.actors.help.library import LOCALES, LONGEST_SLUG, RESERVED, slug_of
from plixa.compose import Node
from plixa.http.help import shipped
from plixa.http.panel.pages import HERE

ROUTE = re.compile(r'^  \{ name: "(\w+)"(.*)$', re.MULTILINE)
HELP = re.compile(r' help: "([\w-]+)"')


async def test_they_are_the_same_in_every_language_and_say_something() -> None:
    shelves = {locale: await shipped.shelf(locale) for locale in LOCALES}
    assert shelves["en"].keys() == shelves["pt-BR"].keys() == shelves["es"].keys()
    for slug, article in shelves["en"].items():
        assert slug == slug_of(slug)
        assert slug not in RESERVED
        assert len(slug) <= LONGEST_SLUG
        for other in (shelves["pt-BR"][slug], shelves["es"][slug]):
            assert other["title"] != article["title"], slug
            assert other["html"].count("<li>") == article["html"].count("<li>"), slug
            assert other["html"].count("<h2>") == article["html"].count("<h2>"), slug
    rows = [row for each in shelves.values() for row in each.values()]
    assert len({row["id"] for row in rows}) == len(rows)
    assert [row["slug"] for row in rows if len(row["text"]) < 400 or not row["category"] or "#" in row["title"]] == []
    for locale, shelf in shelves.items():
        assert len({row["category"] for row in shelf.values()}) < 10, locale


async def test_each_page_of_the_panel_has_one() -> None:
    there = await shipped.shelf("en")
    pages = {name: HELP.search(rest) for name, rest in ROUTE.findall((HERE / "routes.js").read_text())}
    assert len(pages) > 40
    assert [name for name, found in pages.items() if (found[1] if found else name) not in there] == []
    named = {found[1] if found else name for name, found in pages.items()}
    assert named == set(there)


async def test_they_are_read_listed_and_found_in_the_reader_s_language(workspace: Workspace) -> None:
    read = (await workspace.get(f"{PUBLIC}/numbers", locale="pt"))["data"]
    assert (read["title"], read["locale"], read["fallback"]) == ("Conectar o WhatsApp", "pt-BR", False)
    assert read["translations"] == [{"locale": locale, "slug": "numbers"} for locale in LOCALES]
    listed = (await workspace.get(PUBLIC, locale="es", category="Agenda"))["data"]
    assert [each["slug"] for each in listed] == ["calendar-sync", "agenda", "set-up-the-agenda"]
    found = (await workspace.get("/v1/kb/search", locale="pt", q="CONECTAR números"))["data"]
    assert found[0]["slug"] == "numbers"
    page = await workspace.client.get("/help/es/numbers")
    assert "Conectar WhatsApp" in page.text
    voted = await workspace.client.post("/help/es/numbers", data={"helped": "yes"})
    assert voted.status_code == 200


@pytest.mark.parametrize("published", [True, False])
async def test_what_staff_publish_under_the_same_name_is_read_instead(
    node: Node, workspace: Workspace, published: bool
) -> None:
    desk = await signed_in(node, workspace)
    own = {"title": "Ours", "slug": "numbers", "body": "Their own words.", "is_published": published}
    made = await desk.post(PATH, own, 201)
    titles = {True: "Ours", False: "Connecting WhatsApp"}
    assert (await workspace.get(f"{PUBLIC}/numbers"))["data"]["title"] == titles[published]
    assert (await workspace.get(f"{PUBLIC}/numbers", locale="es"))["data"]["title"] == "Conectar WhatsApp"
    listed = [each["title"] for each in (await workspace.get(PUBLIC))["data"]]
    assert listed.count("Ours") + listed.count("Connecting WhatsApp") == 1
    assert titles[published] in listed
    await desk.call("DELETE", f"{PATH}/{made['id']}", 204)
    gone = await workspace.client.get(f"{PUBLIC}/numbers")
    assert gone.status_code == 410
    assert "numbers" not in {each["slug"] for each in (await workspace.get(PUBLIC))["data"]}
