"""The words of the panel's pages about labels and custom fields."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

NAME = Said("Name", "Nome", "Nombre")
FORMS: Mapping[str, Form] = {
    "labels": Form(
        Said("Labels", "Etiquetas", "Etiquetas"),
        Said(
            "Coloured tags on conversations and contacts. Everybody can attach them.",
            "Marcas coloridas em conversas e contatos. Todos podem usá-las.",
            "Marcas de color en conversaciones y contactos. Todos pueden usarlas.",
        ),
        "inbox",
        10,
        one=Said("New label", "Nova etiqueta", "Nueva etiqueta"),
        none=Said(
            "No label yet. Labels such as “Order” or “Complaint” let you filter and write to many.",
            "Nenhuma etiqueta. Com “Pedido” ou “Reclamação” você filtra e escreve para muitos.",
            "Ninguna etiqueta. Con “Pedido” o “Reclamo” puede filtrar y escribir a muchos.",
        ),
        gone=Said(
            "It is taken off every conversation and contact.",
            "Ela sai de todas as conversas e contatos.",
            "Se quita de todas las conversaciones y contactos.",
        ),
        fields={"name": Field(NAME), "color": Field(Said("Colour", "Cor", "Color"))},
    ),
    "custom_fields": Form(
        Said("Contact fields", "Campos do contato", "Campos del contacto"),
        Said(
            "What you want to know of each contact besides name and number.",
            "O que você quer saber de cada contato além de nome e número.",
            "Lo que quiere saber de cada contacto además de nombre y número.",
        ),
        "contacts",
        20,
        one=Said("New field", "Novo campo", "Nuevo campo"),
        none=Said(
            "No field yet. A birthday or a tax number are good ones to begin with.",
            "Nenhum campo. Aniversário ou CPF são bons para começar.",
            "Ningún campo. Un cumpleaños o un número fiscal son buenos para empezar.",
        ),
        gone=Said(
            "What contacts have in it is erased.",
            "O que os contatos têm nele é apagado.",
            "Lo que los contactos tienen en él se borra.",
        ),
        shows=("type",),
        fields={
            "name": Field(NAME),
            "key": Field(
                Said("Name for programs", "Nome para programas", "Nombre para programas"),
                Said(
                    "Small letters, digits, - and _.",
                    "Letras minúsculas, dígitos, - e _.",
                    "Letras minúsculas, dígitos, - y _.",
                ),
                blank=Said("Made from the name", "Feito a partir do nome", "Hecho a partir del nombre"),
            ),
            "type": Field(
                Said("Kind", "Tipo", "Tipo"),
                Said(
                    "It cannot be changed afterwards.",
                    "Não pode ser mudado depois.",
                    "No se puede cambiar después.",
                ),
                options={
                    "text": Said("Text", "Texto", "Texto"),
                    "number": Said("Number", "Número", "Número"),
                    "date": Said("Date", "Data", "Fecha"),
                    "select": Said("Choice", "Escolha", "Elección"),
                    "boolean": Said("Yes or no", "Sim ou não", "Sí o no"),
                },
            ),
            "options": Field(
                Said("Choices", "Opções", "Opciones"),
                Said("One a line.", "Uma por linha.", "Una por línea."),
                when=("type", ("select",)),
            ),
        },
    ),
}
