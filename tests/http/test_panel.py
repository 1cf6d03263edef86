"""The panel's files, without a browser: all that they name is there, and is served."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.harness import Workspace

from plixa.http.panel.pages import HERE

MODULES = sorted(path.name for path in HERE.glob("*.js"))
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.-]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
DRAWING = re.compile(r'(?:icon\(|drawing: )"(\w+)"')
NO_CALL = re.compile(r"^  (?:async )?\w+\(.*\) \{$|//.*$|^ *(?:/\*)?\*.*$", re.MULTILINE)  # methods and prose
PATH = re.compile(r'"(?:GET|POST|PUT|PATCH|DELETE)", ["`](/v1/[^"`?]*)')


def text(name: str) -> str:
    return (HERE / name).read_text()


def exported(name: str) -> set[str]:
    return set(EXPORT.findall(text(name)))


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_imports_is_exported_and_used(name: str) -> None:
    source = text(name)
    assert source.count("\nimport ") + source.startswith("import ") == len(IMPORT.findall(source))
    for names, other in IMPORT.findall(source):
        wanted = {each.strip() for each in names.split(",")}
        assert wanted <= exported(other), f"{other} has no {wanted - exported(other)}"
        rest = source.replace(f"import {{{names}}}", "")
        assert not [each for each in wanted if not re.search(rf"\b{each}\b", rest)]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_it_calls(name: str) -> None:
    source = text(name)
    known = {each.strip() for names, _ in IMPORT.findall(source) for each in names.split(",")}
    known |= set(re.findall(r"\b(?:function|const|let) (\w+)", source))
    others = {each for other in MODULES if other != name for each in exported(other)}
    code = NO_CALL.sub("", source)
    unknown = (set(re.findall(r"(?:^|[^.\w#])(\w+)\(", code)) & others) - known
    assert not unknown


def test_every_drawing_is_there() -> None:
    drawn = set(re.findall(r'symbol id="(\w+)"', text("icons.svg")))
    assert {each for name in MODULES for each in DRAWING.findall(text(name))} <= drawn


async def test_the_page_and_what_it_loads_are_served(workspace: Workspace) -> None:
    async with httpx.AsyncClient(base_url=workspace.client.base_url) as anybody:
        page = await anybody.get("/panel/")
        named = re.findall(r'(?:src|href)="(/panel/[^"]+)"', page.text)
        assert {"/panel/panel.js", "/panel/panel.css"} <= set(named)
        for path in [*named, *(f"/panel/{name}" for name in MODULES)]:
            assert (await anybody.get(path)).status_code == 200, path


async def test_every_address_that_the_panel_asks_is_one_of_the_api(workspace: Workspace) -> None:
    document = (await workspace.client.get("/v1/openapi.json")).json()
    known = {re.sub(r"\{\w+\}", "*", path) for path in document["paths"]}
    asked = {re.sub(r"\$\{[^}]*\}", "*", path) for name in MODULES for path in PATH.findall(text(name))}
    assert len(asked) > 20
    assert not {each for each in asked if not any(_fits(each, path) for path in known)}


def _fits(asked: str, path: str) -> bool:
    """Whether this address can be that path; what the panel fills in may be a word of it."""
    parts, wanted = asked.split("/"), path.split("/")
    return len(parts) == len(wanted) and all(each in ("*", other) for each, other in zip(parts, wanted, strict=True))


NODE = shutil.which("node")
REFUSED = """
globalThis.sessionStorage = { getItem: () => null };
globalThis.fetch = async () => new Response(JSON.stringify({ errors: [%s] }), { status: 409 });
const { request } = await import("%s");
const error = await request("GET", "/v1/conversations/7").catch((error) => error);
console.log(`${error.into} ${error.message}`);
"""


@pytest.mark.skipif(NODE is None, reason="needs node to run the module")
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            '{"code": "CONVERSATION_MERGED", "message": "It was merged.", "details": {"into_id": ["8"]}}',
            "8 It was merged.",
        ),
        ('{"code": "VALIDATION_FAILED", "message": "Wrong.", "details": {"body": ["Too long."]}}', "null Too long."),
        ('{"code": "CONFLICT", "message": "No."}', "null No."),
    ],
)
def test_what_was_merged_says_where_it_went_and_is_told_in_words(tmp_path: Path, error: str, told: str) -> None:
    module = tmp_path / "api.mjs"
    module.write_text(text("api.js"))
    script = REFUSED % (error, module.as_uri())
    command = [NODE or "", "--input-type=module", "-e", script]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert ran.stdout == f"{told}\n"


def test_an_address_from_before_a_merge_leads_to_the_survivor() -> None:
    fetch = text("panel.js").partition("async #fetch(id) {")[2].partition("\n  }\n")[0]
    assert "if (error.into) this.#ledOn(id, error.into);" in fetch
