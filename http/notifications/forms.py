"""The words of the panel's page about the digest."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

FORMS: Mapping[str, Form] = {
    "digest": Form(
        Said("Digest by e-mail", "Resumo por e-mail", "Resumen por correo"),
        Said(
            "At nine in the morning, how it went: to every owner.",
            "Às nove da manhã, como foi: para cada dono.",
            "A las nueve de la mañana, cómo fue: a cada dueño.",
        ),
        "workspace",
        40,
        fields={
            "enabled": Field(Said("Send it", "Enviar", "Enviar")),
            "frequency": Field(
                Said("How often", "Com que frequência", "Con qué frecuencia"),
                options={
                    "daily": Said("Every day", "Todo dia", "Cada día"),
                    "weekly": Said("On Mondays", "Às segundas", "Los lunes"),
                    "monthly": Said("On the first of the month", "No dia primeiro", "El primero del mes"),
                },
            ),
        },
    )
}
