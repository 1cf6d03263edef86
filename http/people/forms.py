"""The words of the panel's page about what members must do and may see."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

FORMS: Mapping[str, Form] = {
    "security": Form(
        Said("Rules for everybody", "Regras para todos", "Reglas para todos"),
        Said(
            "What members must do and may see.",
            "O que os membros devem fazer e podem ver.",
            "Lo que los miembros deben hacer y pueden ver.",
        ),
        "team",
        30,
        fields={
            "require_two_factor": Field(
                Said(
                    "Everybody signs in with a second factor",
                    "Todos entram com um segundo fator",
                    "Todos entran con un segundo factor",
                ),
                Said("Set up your own first.", "Ative o seu primeiro.", "Active primero el suyo."),
            ),
            "agent_restricted_to_own_conversations": Field(
                Said(
                    "Agents see only their own conversations",
                    "Atendentes só veem as próprias conversas",
                    "Los agentes solo ven sus conversaciones",
                ),
                Said(
                    "And those that are nobody's. Owners see all.",
                    "E as que não são de ninguém. Donos veem todas.",
                    "Y las que no son de nadie. Los dueños ven todas.",
                ),
            ),
        },
    )
}
