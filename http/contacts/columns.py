"""Which column of a file is what, and how a cell of it is read and written. Both directions stand side by side here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plixa.actors.contacts.custom_fields import CustomField
from plixa.actors.contacts.names import folded

BUILT_IN = ("phone", "name", "notes", "labels")
ALIASES: dict[str, tuple[str, ...]] = {
    "phone": (
        "phone", "contact phone", "phone number", "telephone", "mobile", "mobile phone", "cell", "cell phone", "tel",
        "whatsapp", "number", "telefone", "celular", "fone", "numero", "numero de telefone", "numero de whatsapp",
        "telefono", "movil", "telefono movil", "numero de telefono", "telefone celular", "telefone movel",
        "telefono celular", "mobile number", "cell number", "whatsapp number", "phone mobile", "movel", "telemovel",
        "telefone com ddd", "celular com ddd", "numero de celular", "numero do celular", "numero do telefone",
        "numero do whatsapp", "no de telefone", "no do telefone", "telefone whatsapp", "celular whatsapp",
        "telefono whatsapp", "whatsapp com ddd",
    ),
    "name": (
        "name", "contact name", "full name", "contact", "customer", "client", "nome", "nome completo", "contato",
        "cliente", "nombre", "nombre completo", "contacto", "display name", "client name", "customer name",
        "nome do cliente", "nome do contato", "nombre del cliente", "nombre del contacto", "razao social",
        "razon social",
    ),
    "notes": (
        "notes", "note", "comment", "comments", "remarks", "nota", "notas", "observacao", "observacoes", "obs",
        "comentario", "comentarios", "anotacoes", "observacion", "observaciones", "anotaciones",
    ),
    "labels": (
        "labels", "label", "tags", "tag", "etiqueta", "etiquetas", "rotulo", "rotulos", "marcador", "marcadores",
        "categories", "categorias",
    ),
}  # fmt: skip
OTHER_PHONES = frozenset({
    *(f"phone {n} value" for n in range(1, 10)), *(f"telefone {n} valor" for n in range(1, 10)),
    *(f"telefono {n} valor" for n in range(1, 10)),
    "primary phone", "home phone", "home phone 2", "business phone", "business phone 2", "other phone",
    "telefone principal", "telefone residencial", "telefone comercial", "telefone 2", "celular 2", "telefono principal",
    "telefono particular", "telefono del trabajo", "phone 2", "mobile 2",
})  # fmt: skip
"""What address books of phones and mail programs call further numbers: the first that is filled in counts."""
NAME_PARTS: tuple[tuple[str, ...], ...] = (
    ("first name", "given name", "primeiro nome", "nome proprio", "primer nombre"),
    ("middle name", "additional name", "nome do meio", "segundo nome", "segundo nombre"),
    ("last name", "family name", "surname", "sobrenome", "ultimo nome", "apellido", "apellidos"),
)
_BY_ALIAS = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
FORMULA = "=+-@\t\r\n＝＋－＠"  # full-width signs begin formulas, too
_GUARDED = re.compile(rf"'(?=[{re.escape(FORMULA)}'])")
_BETWEEN_LABELS = re.compile(r"[,|]")
CUSTOM = "custom_fields."


@dataclass(frozen=True, slots=True)
class Columns:
    """The file's columns by what they are: names as the file has them, and where they stand.

    phones: where a number stands, too, for those whose phone column is empty. name_parts: first, middle, last.
    """

    names: Sequence[str]
    built_in: Mapping[str, int]
    custom: Mapping[int, int]
    ignored: Sequence[str] = field(default_factory=tuple[str, ...])
    phones: Sequence[int] = ()
    name_parts: Mapping[int, int] = field(default_factory=dict[int, int])

    def name_of(self, what: str) -> str | None:
        """What the file calls a built-in column."""
        return self.names[self.built_in[what]] if what in self.built_in else None


def columns_of(header: Sequence[str], fields: Mapping[int, CustomField]) -> Columns:
    """The columns that a first line names: in English, Portuguese or Spanish, or custom fields by key or name.

    The first of several columns that mean the same counts.
    """
    by_title = {folded(title): id_ for id_, each in fields.items() for title in (each.name, each.key or each.name)}
    by_key = {f"{CUSTOM}{each.key}": id_ for id_, each in fields.items()}
    names = [unguarded(cell).strip()[:120] for cell in header]
    built_in: dict[str, int] = {}
    custom: dict[int, int] = {}
    ignored: list[str] = []
    phones: list[int] = []
    parts: dict[int, int] = {}
    for place, name in enumerate(names):
        title = folded(name)
        known = _BY_ALIAS.get(title)
        id_ = by_key.get(name) or (by_title.get(title) if known is None else None)
        part = next((n for n, aliases in enumerate(NAME_PARTS) if title in aliases), None)
        if id_ is not None and id_ not in custom:
            custom[id_] = place
        elif known is not None and id_ is None and known not in built_in:
            built_in[known] = place
        elif title in OTHER_PHONES:
            phones.append(place)
        elif part is not None and part not in parts:
            parts[part] = place
        elif name:
            ignored.append(name)
    if phones and "phone" not in built_in:
        built_in["phone"] = phones.pop(0)
    return Columns(names, built_in, custom, ignored, phones, dict(sorted(parts.items())))


def header_of(fields: Sequence[CustomField]) -> list[str]:
    """The first line of an export: what `columns_of` understands, whatever the fields are called."""
    return [*BUILT_IN, *(f"{CUSTOM}{each.key}" if _clashes(each, fields) else str(each.key) for each in fields)]


def _clashes(field: CustomField, fields: Sequence[CustomField]) -> bool:
    """Whether the key alone would be taken for something else."""
    key = folded(field.key)
    others = [folded(title) for each in fields if each.id != field.id for title in (each.name, each.key)]
    return not key or key in _BY_ALIAS or key in others


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what looks like one."""
    return f"'{text}" if text[:1] and text[0] in f"{FORMULA}'" else text


def unguarded(text: str) -> str:
    """The cell without the apostrophe that guards it. `unguarded(guarded(text)) == text`."""
    return _GUARDED.sub("", text, count=1) if text[:1] == "'" else text


def joined(names: Sequence[str]) -> str:
    """Several labels in one cell, parted by semicolons."""
    if not names:
        return ""
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="").writerow(names)
    return line.getvalue()


def parted(cell: str, known: frozenset[str]) -> tuple[str, ...]:
    """The labels of a cell: parted by semicolons, bars or commas, unless that is in a label's own name.

    known: the names of the workspace's labels, case folded.
    """
    if not cell.strip():
        return ()
    if cell.strip().casefold() in known:
        return (cell.strip(),)
    found: list[str] = []
    for name in _line(cell, ";"):
        whole = name.strip()
        found += [whole] if whole.casefold() in known else _BETWEEN_LABELS.split(whole)
    return tuple(dict.fromkeys(name.strip() for name in found if name.strip()))


def _line(cell: str, delimiter: str) -> list[str]:
    try:
        return [part for line in csv.reader(io.StringIO(cell, newline=""), delimiter=delimiter) for part in line]
    except csv.Error:
        return cell.split(delimiter)
