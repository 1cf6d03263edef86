"""The panel's files, without a browser: all that they name is there, and is served."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.harness import Json, Workspace

from plixa.http.api.wording import SENTENCES
from plixa.http.panel.pages import HERE, dress, imported, read_files, tree_hash

MODULES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.js"))
IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[\w./-]+)";', re.MULTILINE)
ON_DEMAND = re.compile(r'import\("(\.[^"]+)"\)')
EXPORT = re.compile(r"^export (?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
DRAWING = re.compile(r'(?:icon\(|drawing: )"(\w+)"')
NO_CALL = re.compile(r"^  (?:async )?\w+\(.*\) \{$|//.*$|^ *(?:/\*)?\*.*$", re.MULTILINE)  # methods and prose
PATH = re.compile(r'"(?:GET|POST|PUT|PATCH|DELETE)", ["`](/v1/[^"`?]*)')


def text(name: str) -> str:
    return (HERE / name).read_text()


def exported(name: str) -> set[str]:
    return set(EXPORT.findall(text(name)))


def beside(name: str, other: str) -> str:
    """The path of what a module names relative to itself."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), other))


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_imports_is_exported_and_used(name: str) -> None:
    source = text(name)
    assert source.count("\nimport ") + source.startswith("import ") == len(IMPORT.findall(source))
    for names, other in IMPORT.findall(source):
        wanted = {each.strip() for each in names.split(",")}
        there = exported(beside(name, other))
        assert wanted <= there, f"{other} has no {wanted - there}"
        rest = source.replace(f"import {{{names}}}", "")
        assert not [each for each in wanted if not re.search(rf"\b{each}\b", rest)]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_it_calls(name: str) -> None:
    source = text(name)
    known = {each.strip() for names, _ in IMPORT.findall(source) for each in names.split(",")}
    known |= set(re.findall(r"\b(?:function|const|let) (\w+)", source))
    known |= {each for taken in re.findall(r"\bconst [\[{ ]+([\w, ]+)\}", source) for each in re.split(r"[, ]+", taken)}
    others = {each for other in MODULES if other != name for each in exported(other)}
    code = NO_CALL.sub("", source)
    unknown = (set(re.findall(r"(?:^|[^.\w#])(\w+)\(", code)) & others) - known
    assert not unknown


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_loads_on_demand_is_there_and_is_a_page(name: str) -> None:
    for other in ON_DEMAND.findall(text(name)):
        found = beside(name, other)
        assert found in MODULES, f"{name} loads {other}"
        assert found == "signin.js" or "export default" in text(found) or exported(found)


def test_every_drawing_is_there() -> None:
    drawn = set(re.findall(r'symbol id="(\w+)"', text("icons.svg")))
    assert {each for name in MODULES for each in DRAWING.findall(text(name))} <= drawn


async def test_the_page_and_what_it_loads_are_served(workspace: Workspace) -> None:
    async with httpx.AsyncClient(base_url=workspace.client.base_url) as anybody:
        page = await anybody.get("/panel/")
        named = re.findall(r'(?:src|href)="(/panel/[^"]+)"', page.text)
        base = f"/panel/{tree_hash(read_files())}"
        assert {
            f"{base}/panel.js",
            *(f"{base}/{each}" for each in imported(read_files(), "panel.js")),
        } <= set(named)
        for path in [*named, *(f"{base}/{name}" for name in MODULES)]:
            answer = await anybody.get(path)
            assert answer.status_code == 200, path
            assert path.startswith(base) is ("immutable" in answer.headers["cache-control"]), path


async def test_what_is_known_is_not_sent_again_and_what_is_sent_is_packed(workspace: Workspace) -> None:
    for path in ("/panel/", "/panel/plixa.svg", "/v1/docs", "/v1/openapi.json"):
        first = await workspace.client.get(path)
        assert first.headers["content-encoding"] == "gzip", path
        again = await workspace.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        plain = await workspace.client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == first.text
        assert plain.headers["etag"] != first.headers["etag"]


async def test_a_file_of_another_release_is_kept_by_nobody(workspace: Workspace) -> None:
    answer = await workspace.client.get("/panel/0123456789abcdef/ui.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (await workspace.client.get("/panel/0123456789abcdef/nope.js")).status_code == 404
    assert (await workspace.client.get("/panel/0123456789abcdef/panel.html")).status_code == 404


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
globalThis.document = { cookie: "" };
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
    for name in ("api.js", "errors.js", "words.js"):
        (tmp_path / name).write_text(text(name))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    module = tmp_path / "api.js"
    script = REFUSED % (error, module.as_uri())
    command = [NODE or "", "--input-type=module", "-e", script]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert ran.stdout == f"{told}\n"


def test_an_address_from_before_a_merge_leads_to_the_survivor() -> None:
    fetch = text("store.js").partition("async fetch(id) {")[2].partition("\n  }\n")[0]
    assert 'if (error.into) this.tell("merged", id, error.into);' in fetch


def test_a_merge_is_offered_only_within_a_number_of_ours() -> None:
    """Between two of them the server refuses it: each has a conversation of its own with the same customer."""
    offered = text("thread.js").partition("async #findTwins(")[2].partition("\n  }\n")[0]
    assert ".filter((each) => each.phone_instance_id === this.#hooks.conversation()?.phone_instance_id)" in offered


TROUBLES = """
globalThis.sessionStorage = { getItem: () => null };
const { learn } = await import("%s");
learn("numbers", %s);
const { troubles } = await import("%s");
const told = troubles(%s).map((each) => [each.number?.id ?? null, each.tone, each.says, each.remedy?.does ?? null]);
console.log(JSON.stringify(told));
"""
LOST = "The WhatsApp gateway has lost this number: repair it and scan a new QR code."
UNSET = "The WhatsApp gateway refuses to set this number up: restart it, or ask whoever runs the server."
OUT = "WhatsApp has logged it out, on the phone or for its own reasons: scan a new QR code."


def _troubles(folder: Path, *numbers: Json) -> Any:
    for name in ("troubles.js", "ui.js", "api.js", "links.js", "words.js"):
        (folder / name).write_text(text(name))
    (folder / "package.json").write_text('{"type": "module"}')
    words = text("words/en/numbers.json")
    uris = {name: (folder / name).as_uri() for name in ("words.js", "troubles.js")}
    script = TROUBLES % (uris["words.js"], words, uris["troubles.js"], json.dumps(numbers))
    command = [NODE or "", "--input-type=module", "-e", script]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return json.loads(ran.stdout)


@pytest.mark.skipif(NODE is None, reason="needs node to run the module")
def test_numbers_that_are_down_are_named_with_what_helps_the_worst_first(tmp_path: Path) -> None:
    well = {"id": 1, "name": "a", "phone": None, "status": "connected", "status_detail": None, "status_text": None}
    coming = {
        **well,
        "id": 2,
        "name": "b",
        "status": "connecting",
        "status_detail": "something_new",
        "status_text": "Soon.",
    }
    new = {
        **well,
        "id": 3,
        "name": None,
        "status": "pending_qr",
        "status_detail": "newer_still",
        "status_text": "Scan.",
    }
    lost = {
        **well,
        "id": 4,
        "name": None,
        "phone": "5511915028295",
        "status": "disconnected",
        "status_detail": "unknown_to_gateway",
        "status_text": LOST,
    }
    refused = {**lost, "id": 5, "status_detail": "setup_failed"}
    out = {**lost, "id": 6, "status_detail": "logged_out"}
    assert _troubles(tmp_path, well) == []
    assert _troubles(tmp_path) == [[None, "warn", "There is no WhatsApp number yet, so no messages arrive.", "add"]]
    assert _troubles(tmp_path, well, coming, new, lost, refused, out) == [
        [4, "bad", f"+55 11 91502-8295 is disconnected. {LOST}", "repair"],
        [5, "bad", f"+55 11 91502-8295 is disconnected. {UNSET}", "restart"],
        [6, "bad", f"+55 11 91502-8295 is disconnected. {OUT}", "scan"],
        [2, "warn", "b is reconnecting. Soon.", None],
        [3, "warn", "The new number is not paired. Scan.", "scan"],
    ]


def test_what_is_dangerous_is_not_done_by_enter_alone() -> None:
    assert "(input || (danger ? no : yes)).focus();" in text("ui.js")


AWAY = """
globalThis.addEventListener = globalThis.removeEventListener = () => {};
globalThis.document = { addEventListener() {}, removeEventListener() {}, hidden: false };
globalThis.location = { origin: "http://x" };
Object.defineProperty(globalThis, "navigator", { value: { onLine: true } });
const sockets = [], said = [];
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 1;
  constructor() { sockets.push(this); }
  send(text) { said.push(JSON.parse(text)); }
  close() {}
};
const { Live } = await import("%s");
let snapshots = 0, opened = 0;
const next = async () => {
  while (sockets.length === opened) await new Promise((done) => setTimeout(done, 10));
  const socket = sockets[opened++];
  socket.onopen();
  socket.onmessage({ data: JSON.stringify({ op: "hello", head: 90000, epoch: "e", user_id: 1 }) });
  while (said.at(-1).op !== "resume" || said.length < 2 * opened) await new Promise((done) => setTimeout(done, 10));
  return socket;
};
const snapshot = async () => [10, 89990][snapshots++];
new Live({ proof: () => ({ token: "t" }), snapshot, state() {}, event() {}, signIn() {} }).start();
(await next()).onclose({ code: 4409, reason: "take a snapshot" });
(await next()).onclose({ code: 4408, reason: "too slow" });
await next();
console.log(JSON.stringify([snapshots, said.filter((each) => each.op === "resume").map((each) => each.after)]));
process.exit(0);
"""


@pytest.mark.skipif(NODE is None, reason="needs node to run the module")
def test_a_panel_that_was_away_for_too_long_fetches_everything_anew_once_and_resumes_from_there(tmp_path: Path) -> None:
    module = tmp_path / "live.mjs"
    module.write_text(text("live.js"))
    command = [NODE or "", "--input-type=module", "-e", AWAY % module.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.stdout == "[2,[10,89990,89990]]\n", ran.stderr


SHORT_LOSS = """
const on = {}, told = [];
globalThis.addEventListener = (name, call) => { on[name] = call; };
globalThis.document = { addEventListener() {}, hidden: false };
globalThis.location = { origin: "http://x" };
const line = { onLine: true };
Object.defineProperty(globalThis, "navigator", { value: line });
let socket;
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 1;
  constructor() { socket = this; }
  send() {}
};
const { Live } = await import("%s");
const proof = () => ({ token: "t" });
new Live({ proof, snapshot: async () => 1, state: (name) => told.push(name), event() {} }).start();
const lose = () => { line.onLine = false; on.offline(); line.onLine = true; on.online(); };
lose();
socket.onmessage({ data: JSON.stringify({ op: "live", head: 1 }) });
lose();
console.log(told.join());
process.exit(0);
"""


@pytest.mark.skipif(NODE is None, reason="needs node to run the module")
def test_a_socket_that_outlives_a_short_loss_is_live_again_and_not_before_it_was(tmp_path: Path) -> None:
    module = tmp_path / "live.mjs"
    module.write_text(text("live.js"))
    command = [NODE or "", "--input-type=module", "-e", SHORT_LOSS % module.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.stdout == "connecting,offline,live,offline,live\n", ran.stderr


async def test_a_page_of_the_panel_that_is_not_there_says_so(workspace: Workspace) -> None:
    answer = await workspace.client.get("/panel/nope")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    for language, words in (
        ("pt", "Às conversas"),
        ("pt-BR", "Às conversas"),
        ("es-AR,es;q=0.9", "A las conversaciones"),
    ):
        spoken = await workspace.client.get("/panel/nope", headers={"Accept-Language": language})
        assert words in spoken.text


def _light(colour: str) -> float:
    """Relative luminance of `#rgb` or `#rrggbb`, 0 to 1, as WCAG 2 defines it."""
    digits = "".join(each * 2 for each in colour[1:]) if len(colour) == 4 else colour[1:]
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_ink_can_be_read_on_every_ground(scheme: str) -> None:
    """A browser test sees only the pairs that are on its page at that moment; the palette is all of them."""
    roots = re.findall(r":root \{(.*?)\}", (HERE / "panel.css").read_text(), re.DOTALL)
    colours: dict[str, str] = dict(re.findall(r"--([\w-]+): (#\w+)", roots[["light", "dark"].index(scheme)]))
    grounds = ("ground", "paper", "raised", "wall", "hover", "brand-soft", "out", "note", "bad-soft", "warn-soft")
    faint: list[str] = []
    for ink in ("ink", "muted", "brand", "bad", "warn", "good", "note-ink"):
        for ground in grounds:
            dark, light = sorted((_light(colours[ink]), _light(colours[ground])))
            if (light + 0.05) / (dark + 0.05) < 4.5:
                faint.append(f"{ink} on {ground}")
    assert faint == []


BUDGET = 30_000
"""Bytes over the wire until somebody can type their password: a phone in a bus has 50 kB a second."""
CONNECTIONS = 6
"""To one host at once, in every browser: what is more waits a whole trip longer. The page itself is on one of them."""


@pytest.mark.parametrize("language", ["en", "pt-BR", "es"])
def test_the_first_form_is_small_and_two_trips_away(language: str) -> None:
    """The page, and all modules beside each other: what they are is told by the page, and all else is within it."""
    files = read_files()
    needed = dict.fromkeys([*imported(files, "panel.js"), *imported(files, "signin.js")])
    page = dress(files, "panel.html", "/panel/0123456789abcdef", language)
    sent = {name: len(files[name].packed) for name in needed} | {"panel.html": len(page.packed)}
    assert sum(sent.values()) < BUDGET, sent
    assert len(needed) < CONNECTIONS
    named = re.findall(r'<link rel="modulepreload" href="/panel/0123456789abcdef/([^"]+)">', page.body.decode())
    assert named == list(needed)
    assert 'rel="stylesheet"' not in page.body.decode()


async def test_the_page_has_the_words_of_its_first_form_in_the_browser_s_language(workspace: Workspace) -> None:
    for asked, language in (("pt", "pt-BR"), ("es-AR,es;q=0.9", "es"), ("de", "en")):
        answer = await workspace.client.get("/panel/", headers={"Accept-Language": asked})
        assert f'<html lang="{language}">' in answer.text
        [told] = re.findall(
            rf'<script type="application/json" id="words" lang="{language}">(.*?)</script>', answer.text
        )
        for room in ("common", "signin"):
            assert json.loads(told)[room] == json.loads(text(f"words/{language}/{room}.json"))
        assert "Accept-Language" in answer.headers["vary"]


async def test_the_style_within_the_page_is_the_only_one_that_may_stand_there(workspace: Workspace) -> None:
    answer = await workspace.client.get("/panel/")
    [style] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style == text("panel.css")
    own = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{own}';" in answer.headers["content-security-policy"]


def test_pages_are_loaded_when_somebody_goes_there() -> None:
    first = imported(read_files(), "panel.js")
    assert not [name for name in first if "/" in name or name in ("shell.js", "thread.js", "signin.js")]


def test_each_sentence_of_what_is_wrong_has_a_form_that_the_panel_knows() -> None:
    known = set(re.findall(r'^  \["errors\.\w+", "(.*)"\],$', text("errors.js"), re.MULTILINE))
    forms = {re.sub(r"\{(?!field)\w+\}", "{n}", line) for each in SENTENCES.values() for line in each.split("\n")}
    assert forms <= known


def test_what_is_told_in_passing_lies_over_no_composer() -> None:
    """At the top on the right, no wider than it must be, and not in the way of a click beside it."""
    css = (HERE / "panel.css").read_text()
    [rule] = re.findall(r"#toasts \{( position: fixed;[^}]*)\}", css)
    assert re.search(r"inset: \d+px \d+px auto auto;", rule)
    assert "max-width: min(420px" in rule
    assert "pointer-events: none" in rule


def test_whoever_registers_says_the_language_that_they_read() -> None:
    form = (HERE / "signin.js").read_text().partition("function registerForm")[2].partition("\nfunction ")[0]
    assert re.search(r"const body = \{[^}]*locale: spoken\(\)", form)
