"""Contacts as CSV: every make of file comes in, what comes out comes back in unchanged, and nothing breaks it."""

from __future__ import annotations

import codecs
import csv
import io
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from hypothesis import given, settings, strategies as st
from tests import harness
from tests.harness import Json, Phones, Workspace
from tests.http.tables import Tables
from tests.kinds import workspace

from plixa.actors.contacts.custom_fields import CustomField
from plixa.actors.contacts.importing import Row
from plixa.actors.contacts.labels import Label
from plixa.actors.folding import one_line
from plixa.compose import Node, open_node
from plixa.engine.clock import SystemClock
from plixa.http.contacts import importer
from plixa.http.contacts.columns import columns_of, guarded, header_of, joined, parted, unguarded
from plixa.http.contacts.reading import Parsed, parse
from plixa.http.contacts.text import FILE_LIMIT, NotCsv
from plixa.http.contacts.writing import cells, lines

HOUSE = workspace(
    id=1,
    country_code="BR",
    trial_ends_at=datetime(2999, 1, 1, tzinfo=UTC),
    labels={1: Label(id=1, name="VIP", color="#ffffff"), 2: Label(id=2, name='a;b, c|"d"', color="#ffffff")},
    custom_fields={
        3: CustomField(id=3, name="Tamanho do pé", key="shoe", type="number"),
        4: CustomField(id=4, name="Fone", key="phone", type="text"),
        5: CustomField(id=5, name="Shoe", key="odd", type="text"),
    },
)


def read(text: str | bytes) -> Parsed:
    """Parse a file."""
    return parse(text.encode() if isinstance(text, str) else text, HOUSE, SystemClock())


# -- reading ----------------------------------------------------------------------------------------------------------

TABLE = "Telefone;Nome;Observações;Etiquetas\n+55 (11) 98765-0001;José;não ligar;VIP\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_make_of_file_is_understood(encoding: str, delimiter: str, newline: str) -> None:
    [row] = read(TABLE.replace(";", delimiter).replace("\n", newline).encode(encoding)).rows
    assert (row.phone, row.name, row.notes, row.labels) == ("5511987650001", "José", "não ligar", ("VIP",))


@pytest.mark.parametrize("header", ["Phone,Name", "telefone,nome completo", "Teléfono,Nombre", "WHATSAPP,Cliente"])
def test_columns_are_known_in_three_languages(header: str) -> None:
    [row] = read(f"{header}\n5511987650001,Bia\n").rows
    assert (row.phone, row.name) == ("5511987650001", "Bia")


def test_custom_fields_are_columns_by_key_and_by_name() -> None:
    parsed = read("phone,Tamanho do pe,custom_fields.phone,odd,what\n5511987650001,42,x,y,z\n")
    assert parsed.rows[0].values == {3: "42", 4: "x", 5: "y"}
    assert next((each.line, each.column) for each in parsed.problems) == (1, "what")


def test_what_is_wrong_with_a_line_is_said_with_its_number_and_column() -> None:
    long = "x" * 4001
    parsed = read(
        "fone,nome,obs\n5,A,\n,B,\n5.51199E+12,C,\n"
        f'5511987650001,{"n" * 121},{long}\n"5511987650002\n",D\0,"two\nlines",too,many\n5511987650003,E,\n'
    )
    found = [(p.line, p.column) for row in parsed.rows for p in row.problems]
    expected = [(2, "fone"), (3, "fone"), (4, "fone"), (5, "nome"), (5, "obs"), (6, "nome"), (6, None)]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert [row.phone for row in parsed.rows if not row.unusable] == [f"551198765000{n}" for n in (1, 2, 3)]
    assert [row.line for row in parsed.rows] == [2, 3, 4, 5, 6, 9]
    for row in parsed.rows:
        for problem in row.problems:
            assert problem.message.endswith(".")
            assert problem.hint.endswith(".")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"name\nBia\n",
        b"phone\n",
        b"PK\x03\x04" + bytes(100),
        b"\x1f\x8b" + zlib.compress(b"phone\n" * 10_000),
        b"\xd0\xcf\x11\xe0" + bytes(100),
        b"\xff\xfe\x00\xd8",
        bytes(1000),
        bytes(range(256)) * 40,
        b"phone\0\n5511987650001\n",
        b"sep=\n1\n",
        b"phone\n" + b'"' * 200_000,
        b'phone\n"' + b'x"\n"' * 100_000,
        b"," * FILE_LIMIT,
        b"phone," + b"," * 70_000,
    ],
    ids=lambda data: f"{data[:8]!r}-{len(data)}",
)
def test_what_is_no_file_of_contacts_is_refused_in_words_or_reported(data: bytes) -> None:
    began = time.thread_time()
    words, rows = _words_or_rows(data)
    assert words is None or words.endswith((".", "”"))
    assert all(row.unusable for row in rows)
    assert time.thread_time() - began < 5


def _words_or_rows(data: bytes) -> tuple[str | None, list[Row]]:
    try:
        return None, read(data).rows
    except NotCsv as error:
        return str(error), []


def test_a_file_of_nothing_but_line_ends_is_not_read_to_its_end() -> None:
    for nothing in ("\n", "\r", ",,\n"):
        with pytest.raises(NotCsv, match="empty lines"):
            read("phone,name\n" + nothing * 100_001)
    assert len(read("phone,name\n" + "\n" * 1000 + "5511987650001,Lia\n").rows) == 1


def test_a_line_of_a_million_columns_and_an_open_quote_hurt_only_themselves() -> None:
    parsed = read(
        "phone,name\n5511987650001,A\n" + "," * 1_000_000 + '\n5511987650002,"B\n' + "5511987650003,C\n" * 300
    )
    assert [row.phone for row in parsed.rows if not row.unusable] == ["5511987650001", *["5511987650003"] * 300]
    assert [row.line for row in parsed.rows if row.unusable] == [3, 4]


def test_a_large_file_is_read_in_proportion() -> None:
    rows = "".join(f"55119{n:08},Nome {n},\n" for n in range(60_000))
    began = time.monotonic()
    assert len(read(f"phone,name,notes\n{rows}").rows) == 60_000
    assert time.monotonic() - began < 8


PHONES = "nome;telefone\nLocal celular;(11) 98765-0020\nSem nono;(11) 8765-0021\nSó celular;98765-0025\n"
GOOGLE = (
    "Name,Given Name,Family Name,Notes,Phone 1 - Type,Phone 1 - Value,Phone 2 - Value\n"
    "Ana Lima,Ana,Lima,boa,Mobile,+55 11 98765-0001,\n,Rui,Reis,,,,(11) 98765-0002\n"
)
OUTLOOK = (
    "First Name,Middle Name,Last Name,Business Phone,Mobile Phone\n"
    "Ana,Maria,Lima,,11 98765-0001\nRui,,Reis,1133330022,\n"
)


def test_a_number_without_a_country_is_one_of_the_workspaces() -> None:
    rows = read(PHONES).rows
    assert [(row.phone, row.unusable) for row in rows] == [
        ("5511987650020", False),
        ("5511987650021", False),
        ("", True),
    ]
    [problem] = rows[2].problems
    assert (problem.line, problem.column) == (4, "telefone")
    assert "country code" in problem.hint


@pytest.mark.parametrize(
    ("file", "people"),
    [
        (GOOGLE, [("Ana Lima", "5511987650001"), ("Rui Reis", "5511987650002")]),
        (OUTLOOK, [("Ana Maria Lima", "5511987650001"), ("Rui Reis", "551133330022")]),
        ("Nome,Sobrenome,Telefone celular\nAna,Lima,11987650001\n", [("Ana Lima", "5511987650001")]),
        ("Nombre,Teléfono 1 - Valor\nAna Lima,+5511987650001\n", [("Ana Lima", "5511987650001")]),
        ("Nome do cliente,Telefone/WhatsApp\nAna,11987650001\n", [("Ana", "5511987650001")]),
        ("Display Name,Phone (mobile)\nAna,11987650001\n", [("Ana", "5511987650001")]),
        ("Razão social,Nº de telefone\nAna,11987650001\n", [("Ana", "5511987650001")]),
        ("Nome,Telefone com DDD\nAna,11987650001\n", [("Ana", "5511987650001")]),
        ("Nome,Telemóvel\nAna,+351912345678\n", [("Ana", "351912345678")]),
        ("Nombre,Número de celular\nAna,+5511987650001\n", [("Ana", "5511987650001")]),
        ("Nombre,Apellidos,Teléfono móvil\nAna Lima,Lima,+5511987650001\n", [("Ana Lima", "5511987650001")]),
    ],
    ids=["google", "outlook", "portuguese", "google-es", "shop", "phone", "erp", "ddd", "pt", "es", "spanish"],
)
def test_what_google_and_outlook_export_is_understood(file: str, people: list[tuple[str, str]]) -> None:
    assert [(row.name, row.phone) for row in read(file).rows] == people


def test_a_name_stands_on_one_line_and_is_no_number() -> None:
    rows = read(
        'phone,name\n5511987650001,"Ana\nLima"\n5511987650002,+55 11 98765-0002\n5511987650003,5511987650003\n'
    ).rows
    assert [row.name for row in rows] == ["Ana Lima", None, None]


# -- writing ----------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
CELL = st.one_of(TEXT, st.sampled_from(["=1+1", "+1", "-1", "@x", "\tx", "'", "'=1", "''", "a\r\nb", '"', ";", "\r"]))


@given(CELL)
def test_a_guard_is_taken_off_again_and_no_formula_gets_through(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@\t\r")


@given(st.lists(st.sampled_from([label.name for label in HOUSE.labels.values()]), unique=True))
def test_labels_go_into_one_cell_and_come_out_again(names: list[str]) -> None:
    known = frozenset(label.name.casefold() for label in HOUSE.labels.values())
    assert parted(joined(names), known) == tuple(names)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "contact_phone": st.one_of(
                    st.integers(0, 99_999_999).map(lambda n: f"55119{n:08}"),
                    st.sampled_from(["551133330022", "447911123456", "5491123456789", "525512345678", "4915123456789"]),
                ),
                "contact_name": st.one_of(st.none(), CELL.map(one_line).map(lambda t: t or None)),
                "notes": st.one_of(st.none(), CELL.map(lambda t: t or None)),
                "labels": st.lists(st.sampled_from([1, 2]), unique=True),
                "custom_fields": st.dictionaries(st.sampled_from([4, 5]), CELL.filter(bool)),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(deadline=None, max_examples=150)
def test_what_goes_out_comes_back_in_unchanged(contacts: list[Json]) -> None:
    fields = list(HOUSE.custom_fields.values())
    file = b"\xef\xbb\xbf" + lines([header_of(fields), *(cells(each, fields, HOUSE) for each in contacts)])
    parsed = read(file)
    assert parsed.problems == []
    assert [row.problems for row in parsed.rows] == [()] * len(contacts)
    back = [
        {
            "contact_phone": row.phone,
            "contact_name": row.name,
            "notes": row.notes,
            "labels": [next(i for i, label in HOUSE.labels.items() if label.name == name) for name in row.labels],
            "custom_fields": row.values,
        }
        for row in parsed.rows
    ]
    assert back == contacts


def test_an_exports_columns_are_never_taken_for_something_else() -> None:
    fields = list(HOUSE.custom_fields.values())
    columns = columns_of(header_of(fields), HOUSE.custom_fields)
    assert (columns.built_in, columns.ignored) == ({"phone": 0, "name": 1, "notes": 2, "labels": 3}, [])
    assert columns.custom == {field.id: 4 + n for n, field in enumerate(fields)}


# -- over the API -----------------------------------------------------------------------------------------------------


async def _import(workspace: Workspace, data: str | bytes, status: int = 202) -> Json:
    body = data.encode() if isinstance(data, str) else data
    answer = await workspace.client.post("/v1/contacts/import", files={"file": ("c.csv", body)})
    assert answer.status_code == status, answer.text
    shown: Json = answer.json()
    return shown


async def _shown(workspace: Workspace, import_id: int) -> Json:
    found: Json = (await workspace.get(f"/v1/contacts/imports/{import_id}"))["data"]
    return found


async def _finished(workspace: Workspace, import_id: int) -> Json:
    with trio.fail_after(20):
        while True:
            found = await _shown(workspace, import_id)
            if found["status"] != "running":
                return found
            await trio.sleep(0.05)


async def _all(workspace: Workspace) -> list[Json]:
    found: list[Json] = (await workspace.get("/v1/contacts", limit=100))["data"]
    return [{name: each[name] for name in each if name not in ("id", "created_at", "updated_at")} for each in found]


async def test_a_file_becomes_contacts_with_a_report(workspace: Workspace, tables: Tables) -> None:
    await workspace.post("/v1/labels", {"name": "VIP", "color": "#ff0000"})
    field = (await workspace.post("/v1/custom-field-definitions", {"name": "Size", "type": "number"}))["id"]
    await workspace.post("/v1/contacts", {"contact_phone": "5511987650001", "contact_name": "Bia"})
    file = (
        "phone,name,notes,tags,size\n"
        "5511987650001,,sem glúten,VIP,\n"
        '+55 11 8765-0002,Ana,=cmd|calc,"VIP, Novo",12\n'
        "5511987650002,Ana Maria,,,x\n"
        "123,C,,,\n"
    )
    started = (await _import(workspace, file))["data"]
    assert (started["status"], started["rows_total"], started["rows_done"]) == ("running", 4, 0)
    report = await _finished(workspace, started["id"])
    assert (report["status"], report["rows_done"]) == ("done", 4)
    assert [report[name] for name in ("added", "changed", "unchanged", "failed")] == [1, 1, 0, 1]
    assert report["merged"] == 1
    assert {(each["line"], each["column"]) for each in report["problems"]} == {(3, "tags"), (4, "size"), (5, "phone")}
    ana, bia = await _all(workspace)
    assert (ana["contact_name"], ana["notes"], ana["custom_fields"]) == ("Ana Maria", "=cmd|calc", {str(field): "12"})
    assert (bia["contact_name"], bia["notes"], len(bia["labels"])) == ("Bia", "sem glúten", 1)
    assert await tables.rows("select 1 from contact_import_files") == []
    again = await _finished(workspace, (await _import(workspace, file))["data"]["id"])
    assert [again[name] for name in ("added", "changed")] == [0, 0]
    refused = await _import(workspace, "name\nBia\n", 422)
    assert list(refused["errors"][0]["details"]) == ["file"]
    assert (await workspace.client.post("/v1/contacts/import", data={"x": "y"}, files={"x": b""})).status_code == 422
    assert (await workspace.client.get(f"/v1/contacts/imports/{started['id'] + 9000}")).status_code == 404


async def test_an_export_is_taken_back_unchanged_also_elsewhere(workspace: Workspace, neighbour: Workspace) -> None:
    for each in (workspace, neighbour):
        for name in ("VIP", "a;b"):
            await each.post("/v1/labels", {"name": name, "color": "#ff0000"})
        await each.post("/v1/custom-field-definitions", {"name": "Size", "type": "text"})
    file = lines(
        [
            ["phone", "name", "notes", "labels", "size"],
            ["5511987650001", "'=Bia", '=HYPERLINK("x")', 'VIP;"a;b"', "-1"],
            ["5511987650002", 'José; "Zé"', "a\r\nb", "", "'"],
            ["5511987650003", "", "", "", ""],
        ]
    )
    await _finished(workspace, (await _import(workspace, file))["data"]["id"])
    answer = await workspace.client.get("/v1/contacts/export.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    exported = answer.content
    assert exported.startswith(codecs.BOM_UTF8)
    assert not [
        cell
        for row in csv.reader(io.StringIO(exported.decode("utf-8-sig"), newline=""))
        for cell in row
        if cell[:1] in tuple("=+-@\t\r") and not cell.startswith("+55 ")
    ]
    assert "\r\n+55 11 98765-0001," in exported.decode("utf-8-sig")
    same = await _finished(workspace, (await _import(workspace, exported))["data"]["id"])
    assert [same[name] for name in ("added", "changed", "unchanged", "problems")] == [0, 0, 3, []]
    await _finished(neighbour, (await _import(neighbour, exported))["data"]["id"])
    assert (await neighbour.client.get("/v1/contacts/export.csv")).content == exported


async def test_an_import_goes_on_after_the_server_was_stopped_in_the_middle(
    database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 1500
    file = "phone,name\n" + "".join(f"55119876{n:05},Nome {n}\n" for n in range(rows))
    configured = harness.settings(database_url, simulator.url, tmp_path)
    monkeypatch.setattr(importer, "PAUSE", 0.3)
    async with open_node(configured) as node, harness.registered(node.services.public_url) as workspace:
        import_id = (await _import(workspace, file))["data"]["id"]
        secret = f"{(await node.services.database.run(_stored))!r}"
        assert "Nome" not in secret
        with trio.fail_after(10):
            while not (halfway := await _shown(workspace, import_id))["rows_done"]:  # noqa: ASYNC110  # a row
                await trio.sleep(0.02)
        assert halfway["status"] == "running"
        token = workspace.token
    monkeypatch.setattr(importer, "PAUSE", 0.0)
    async with open_node(configured) as node, _client(node, token) as client:
        after = Workspace(client, 0, 0, token, "")
        done = await _finished(after, import_id)
        assert (done["rows_done"], done["added"], done["failed"]) == (rows, rows, 0)
        exported = (await client.get("/v1/contacts/export.csv")).content
        assert exported.count(b"\r\n") == rows + 1


def _client(node: Node, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=node.services.public_url, headers=headers, timeout=20, trust_env=False)


async def _stored(connection: Any) -> bytes:
    body: bytes = await connection.fetchval("select body from contact_import_files")
    return body
