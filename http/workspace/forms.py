"""The words of the panel's page about where the workspace is."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

FORMS: Mapping[str, Form] = {
    "regional": Form(
        Said("Language and region", "Idioma e região", "Idioma y región"),
        Said(
            "Everything that is planned follows this time zone.",
            "Tudo que é agendado segue este fuso horário.",
            "Todo lo que se planifica sigue esta zona horaria.",
        ),
        "workspace",
        10,
        fields={
            "timezone": Field(Said("Time zone", "Fuso horário", "Zona horaria"), kind="zone"),
            "locale": Field(
                Said("Language", "Idioma", "Idioma"),
                Said(
                    "Of mails and of members who have not chosen one.",
                    "Dos e-mails e de membros que não escolheram outro.",
                    "De los correos y de miembros que no eligieron otro.",
                ),
                options={
                    "en": Said("English", "English", "English"),
                    "pt-BR": Said("Português (Brasil)", "Português (Brasil)", "Português (Brasil)"),
                    "pt": Said("Português", "Português", "Português"),
                    "es": Said("Español", "Español", "Español"),
                },
            ),
            "currency": Field(Said("Currency", "Moeda", "Moneda")),
        },
    )
}
