"""What the panel's pages reckon without a browser: files of contacts, lanes of a calendar, the layout of a flow."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields

from plixa.actors.flows.nodes import DATA_TYPES
from plixa.http.contacts.columns import ALIASES, NAME_PARTS, OTHER_PHONES
from plixa.http.panel.pages import HERE

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs node to run the module")


def ran(folder: Path, module: str, script: str) -> Any:
    """What a script says, which has the module's exports as `made`; modules without imports only."""
    copy = folder / "module.mjs"
    copy.write_text((HERE / module).read_text())
    says = f"console.log(JSON.stringify(await (async () => {{ {script} }})()));"
    whole = f'const made = await import("{copy.as_uri()}");\n{says}'
    command = [NODE or "", "--input-type=module", "-e", whole]
    return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout)


def test_a_file_is_read_as_it_was_written_and_gets_other_names_in_its_first_line_alone(tmp_path: Path) -> None:
    text = 'Nome;"Te;lefone";Obs\r\n"Ana ""A""";119;"duas\nlinhas"\r\nBia;118;x'
    script = f"""
      const text = {json.dumps(text)};
      const begin = made.beginning(text);
      return [begin.separator, begin.lines, made.renamed(text, ["name", "a;b", "notes"], begin)];
    """
    separator, lines, renamed = ran(tmp_path, "contacts/csv.js", script)
    assert separator == ";"
    assert lines[0] == ["Nome", "Te;lefone", "Obs"]
    assert lines[1] == ['Ana "A"', "119", "duas\nlinhas"]
    assert renamed == 'name;"a;b";notes\n' + text.partition("\r\n")[2]


def test_a_file_is_text_in_each_encoding_that_spreadsheets_write(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16", "latin-1"):
        script = f'return made.decoded(new Uint8Array({list("ação".encode(encoding))})).replace(/^\\uFEFF/, "");'
        assert ran(tmp_path, "contacts/csv.js", script) == "ação"


def test_columns_are_guessed_by_their_names_in_three_languages_and_by_fields_of_the_house(tmp_path: Path) -> None:
    names = ["Telefone celular", "Full name", "Observações", "Etiquetas", "Aniversário", "Cor favorita"]
    fields = [{"name": "Aniversário", "key": "aniversario"}]
    script = f"return {json.dumps(names)}.map((name) => made.guessed(name, {json.dumps(fields)}));"
    assert ran(tmp_path, "contacts/csv.js", script) == [
        *("phone", "name", "notes", "labels"),
        "custom_fields.aniversario",
        "",
    ]


def test_the_panel_guesses_every_column_that_the_server_knows_by_its_name(tmp_path: Path) -> None:
    parts = ("first_name", "middle_name", "last_name")
    known = {name: what for what, aliases in ALIASES.items() for name in aliases}
    known |= {name: parts[place] for place, aliases in enumerate(NAME_PARTS) for name in aliases}
    known |= {"Phone 1 - Value": "phone", "Teléfono 1 - Valor": "phone", "Phone (mobile)": "phone"}
    known |= {"Razão social": "name", "Telefone/WhatsApp": "phone", "Phone 1 - Label": "", "Telefone 1 - Tipo": ""}
    known |= dict.fromkeys(OTHER_PHONES, "phone")  # the first one; further ones are further numbers
    script = f"return {json.dumps(sorted(known))}.map((name) => [name, made.guessed(name, [])]);"
    assert dict(ran(tmp_path, "contacts/csv.js", script)) == known


def test_a_second_column_of_a_number_is_a_further_one(tmp_path: Path) -> None:
    names = ["Phone 1 - Value", "Phone 2 - Value", "Name", "Contato", "Phone 3 - Value"]
    script = f"return made.guesses({json.dumps(names)}, []);"
    assert ran(tmp_path, "contacts/csv.js", script) == ["phone", "other_phone", "name", "", "other_phone"]


FLOW = {
    "nodes": [{"id": each, "type": "start" if each == "s" else "message", "data": {}} for each in "sabcd"],
    "edges": [
        {"source": source, "target": target}
        for source, target in (("s", "a"), ("s", "b"), ("a", "c"), ("b", "c"), ("c", "a"), ("c", "d"))
    ],
}


def test_each_step_of_a_flow_stands_below_what_leads_to_it_also_where_it_goes_round(tmp_path: Path) -> None:
    script = f"return [...made.layout({json.dumps(FLOW)}).places].map(([id, place]) => [id, place]);"
    places = dict(ran(tmp_path, "flows/graph.js", script))
    rows = {name: place["y"] for name, place in places.items()}
    assert rows["s"] < rows["a"] == rows["b"] < rows["c"] < rows["d"]
    assert places["a"]["x"] != places["b"]["x"]
    assert min(place["x"] for place in places.values()) >= 0


def test_under_a_step_is_room_for_the_names_of_all_its_ways(tmp_path: Path) -> None:
    def below(ways: int) -> int:
        edges = [{"source": "s", "target": "abcd"[n % 4], "condition": f"o{n}"} for n in range(ways)]
        script = f"return made.layout({json.dumps(FLOW | {'edges': edges})}).places.get('a').y;"
        return int(ran(tmp_path, "flows/graph.js", script))

    assert below(7) == below(4) + 3 * 15 > below(3) == below(1)


def test_the_difference_of_two_flows_names_what_is_new_changed_and_gone(tmp_path: Path) -> None:
    after = {
        "nodes": [
            *FLOW["nodes"][:3],
            {"id": "c", "type": "message", "data": {"text": "oi"}},
            {"id": "e", "type": "end"},
        ],
        "edges": [*FLOW["edges"][:5], {"source": "c", "target": "e"}],
    }
    script = f"""return made.difference({json.dumps(FLOW)}, {json.dumps(after)})
      .map(({{ how, of, each }}) => `${{how}} ${{of}} ${{each.id ?? each.target}}`);"""
    assert sorted(ran(tmp_path, "flows/graph.js", script)) == [
        *("added nodes e", "changed edges e", "changed nodes c", "removed nodes d"),
    ]


def test_the_editor_knows_every_kind_of_step_and_each_of_its_fields(tmp_path: Path) -> None:
    kinds = ran(tmp_path, "flows/graph.js", "return made.KINDS;")
    known = {kind: {name for name, *_ in rows} for kind, rows in kinds.items()}
    assert known == {kind: {each.encode_name for each in fields(data)} for kind, data in DATA_TYPES.items()}


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("veja https://x.example/a.", ["https://x.example/a"]),
        ("(https://x.example/a)", ["https://x.example/a"]),
        ("https://pt.wikipedia.org/wiki/Bolo_(doce)", ["https://pt.wikipedia.org/wiki/Bolo_(doce)"]),
        ("(veja https://x.example/Bolo_(doce))", ["https://x.example/Bolo_(doce)"]),
        ("*https://x.example/a* _https://x.example/b_ ~https://x.example/c~",
         ["https://x.example/a", "https://x.example/b", "https://x.example/c"]),
        ("“https://x.example/a” 见https://x.example/b。 https://x.example/c…",
         ["https://x.example/a", "https://x.example/b", "https://x.example/c"]),
        ("HTTPS://X.example/A e Http://x.example", ["HTTPS://X.example/A", "Http://x.example"]),
        ("https://x.example/a_b_c?d=*e*&f=~g", ["https://x.example/a_b_c?d=*e*&f=~g"]),
        ("https:// https://... ftp://x.example javascript:alert(1)", []),
        ("<https://x.example/a>\nhttps://x.example/b", ["https://x.example/a", "https://x.example/b"]),
        ("https://x.example/" + ")" * 2000, ["https://x.example/"]),
    ],
)  # fmt: skip
def test_a_link_ends_where_its_sentence_goes_on(tmp_path: Path, text: str, links: list[str]) -> None:
    script = f"const text = {json.dumps(text)}; return made.links(text).map(([from, to]) => text.slice(from, to));"
    assert ran(tmp_path, "links.js", script) == links
