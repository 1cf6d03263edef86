"""The words of the panel's pages about sectors and who gets what."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

SECTORS = Form(
    Said("Sectors", "Setores", "Sectores"),
    Said(
        "Departments that conversations go to, with the people who work there.",
        "Departamentos para onde vão as conversas, com quem trabalha neles.",
        "Departamentos a los que van las conversaciones, con quienes trabajan en ellos.",
    ),
    "team",
    20,
    one=Said("New sector", "Novo setor", "Nuevo sector"),
    none=Said(
        "No sector yet. A shop may have Sales and Support.",
        "Nenhum setor. Uma loja pode ter Vendas e Suporte.",
        "Ningún sector. Una tienda puede tener Ventas y Soporte.",
    ),
    gone=Said(
        "Its conversations belong to no sector then.",
        "As conversas dele ficam sem setor.",
        "Sus conversaciones quedan sin sector.",
    ),
    shows=("description", "user_ids"),
    fields={
        "name": Field(Said("Name", "Nome", "Nombre")),
        "description": Field(Said("What it does", "O que faz", "Qué hace"), kind="text"),
        "user_ids": Field(Said("Who works there", "Quem trabalha nele", "Quién trabaja allí")),
    },
)
RULES = Form(
    Said("Assignment rules", "Regras de distribuição", "Reglas de asignación"),
    Said(
        "Who gets a brand-new conversation. The rule with the lowest number that fits decides.",
        "Quem recebe uma conversa nova. Decide a regra de menor número que servir.",
        "Quién recibe una conversación nueva. Decide la regla de menor número que corresponda.",
    ),
    "inbox",
    30,
    one=Said("New rule", "Nova regra", "Nueva regla"),
    none=Said(
        "No rule yet. Without one, new conversations wait in Unassigned.",
        "Nenhuma regra. Sem regras, conversas novas esperam em Sem dono.",
        "Ninguna regla. Sin reglas, las conversaciones nuevas esperan sin asignar.",
    ),
    shows=("condition_type", "condition_value", "action_type", "action_user_id", "is_active"),
    fields={
        "priority": Field(
            Said("Number", "Número", "Número"),
            Said("The lowest one is tried first.", "O menor é testado primeiro.", "El menor se prueba primero."),
        ),
        "condition_type": Field(
            Said("When", "Quando", "Cuándo"),
            options={
                "always": Said("Always", "Sempre", "Siempre"),
                "keyword": Said("The message says", "A mensagem diz", "El mensaje dice"),
                "label": Said("It has the label", "Tem a etiqueta", "Tiene la etiqueta"),
            },
        ),
        "condition_value": Field(
            Said("Phrase or label", "Frase ou etiqueta", "Frase o etiqueta"),
            kind="text",
            when=("condition_type", ("keyword", "label")),
            picks={"label": "labels"},
        ),
        "action_type": Field(
            Said("Give it to", "Dar para", "Dar a"),
            options={
                "assign_user": Said("One person", "Uma pessoa", "Una persona"),
                "round_robin": Said("Each in turn", "Um de cada vez", "Cada uno por turno"),
                "least_busy": Said("Whoever has least to do", "Quem tem menos conversas", "Quien menos tiene"),
            },
        ),
        "action_user_id": Field(Said("Person", "Pessoa", "Persona"), when=("action_type", ("assign_user",))),
        "is_active": Field(Said("In use", "Em uso", "En uso")),
    },
)
FORMS: Mapping[str, Form] = {"sectors": SECTORS, "assignment_rules": RULES}
