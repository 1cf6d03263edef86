"""A workspace to play with, made through the API as anybody would: `plixa dev` makes it on the first start.

A bakery with a WhatsApp number, a reception flow, FAQs that the AI answers from, opening hours and service levels, and
an agenda: from the phone one books a cake tasting.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import httpx
import trio

from plixa.compose import Node
from plixa.storage.people.vault import find_login

EMAIL, PASSWORD = "demo@plixa.example", "demo-padaria"
WEEK = [{"open": "00:00", "close": "00:00", "enabled": True}] * 7  # around the clock: whoever tries it is answered
RECEPTION: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {
            "id": "menu",
            "type": "menu",
            "data": {
                "text": "Olá, {{first_name}}! Aqui é a Padaria Aurora. 🥖 Como podemos ajudar?",
                "max_tries": 1,  # whatever is no choice is a question, which the AI takes
                "options": [
                    {"id": "order", "label": "Fazer uma encomenda", "keywords": ["encomendar", "pedido"]},
                    {"id": "taste", "label": "Marcar uma degustação", "keywords": ["degustação", "agendar", "marcar"]},
                    {"id": "question", "label": "Tirar uma dúvida", "keywords": ["dúvida", "pergunta"]},
                    {"id": "person", "label": "Falar com uma pessoa", "keywords": ["atendente"]},
                ],
                "as": "buttons",
            },
        },
        {
            "id": "what",
            "type": "capture",
            "data": {"text": "Que delícia! O que você gostaria de encomendar?", "field": "flow.order"},
        },
        {
            "id": "when",
            "type": "capture",
            "data": {"text": "Para que dia?", "field": "flow.day", "kind": "date"},
        },
        {
            "id": "ordered",
            "type": "handoff",
            "data": {
                "text": "Anotado: {{flow.order}}, para {{flow.day}}. Alguém da equipe já confirma com você.",
                "note": "Encomenda: {{flow.order}} para {{flow.day}}.",
            },
        },
        {
            "id": "tasting",
            "type": "schedule",
            "data": {"text": "Que bom! A degustação de bolos dura meia hora, aqui na padaria."},
        },
        {"id": "see_you", "type": "end", "data": {"text": "Até lá! 🍰"}},
        {"id": "ask", "type": "message", "data": {"text": "Claro! O que você gostaria de saber?"}},
        {"id": "listen", "type": "wait", "data": {"minutes": 60, "until_reply": True}},
        {
            "id": "ai",
            "type": "ai",
            "data": {
                "goal": "Responder perguntas sobre a padaria.",
                "on_handoff": "Essa eu não sei responder com certeza.",
                "max_turns": 10,
            },
        },
        {"id": "person", "type": "handoff", "data": {"text": "Um momento, já chamo alguém da equipe."}},
        {"id": "bye", "type": "end", "data": {"text": "Quando quiser, é só escrever de novo.", "resolve": True}},
    ],
    "edges": [
        {"id": f"e{number}", "source": source, "target": target, **({"condition": condition} if condition else {})}
        for number, (source, condition, target) in enumerate(
            (
                ("start", None, "menu"),
                ("menu", "order", "what"),
                ("menu", "taste", "tasting"),
                ("menu", "question", "ask"),
                ("menu", "person", "person"),
                ("menu", "else", "ai"),
                ("what", None, "when"),
                ("when", None, "ordered"),
                ("ask", None, "listen"),
                ("listen", "answered", "ai"),
                ("listen", "timeout", "bye"),
                ("tasting", "booked", "see_you"),
                ("tasting", "none", "bye"),
                ("tasting", "waitlisted", "bye"),
                ("tasting", "person", "person"),
                ("ai", "answered", "bye"),
                ("ai", "handoff", "person"),
            )
        )
    ],
}
FAQS = (
    ("Vocês entregam em casa?", "Sim, entregamos em casa das 9h às 18h, em até 5 km. A entrega custa R$ 8."),
    ("Quanto custa o bolo de chocolate?", "O bolo de chocolate de 1 kg custa R$ 80."),
    ("Vocês fazem bolo de aniversário?", "Fazemos, com 2 dias de antecedência. Diga o sabor, o tamanho e a data."),
    ("Quais as formas de pagamento?", "Pix, cartão de débito ou crédito e dinheiro."),
)
TASTING = {"name": "Degustação de bolos", "duration_minutes": 30, "color": "#c2410c"}
OPEN = [{"weekday": day, "start_time": "09:00", "end_time": "18:00"} for day in range(7)]
CONFIGS: dict[str, Any] = {
    "workspace-config": {"timezone": "America/Sao_Paulo", "locale": "pt-BR", "currency": "BRL"},
    "business-hours-config": {"enabled": True, "hours": WEEK, "pause_sla": True},
    "sla-config": {"first_response_seconds": 900, "resolution_seconds": 86_400},
    "csat-config": {"enabled": True, "follow_up_enabled": True},
    "scheduling/default-schedule": {"timezone": "America/Sao_Paulo", "rules": OPEN},
    "ai-config": {"prompt": "Padaria Aurora, em São Paulo: pães, bolos e salgados, feitos no dia.", "enabled": True},
}


async def ensure_demo(node: Node) -> bool:
    """Make the demo workspace unless it is there; whether it was made now."""
    if await node.services.database.run(find_login, EMAIL) is not None:
        return False
    async with httpx.AsyncClient(base_url=node.services.public_url, timeout=30, trust_env=False) as client:
        made = await _post(client, "/v1/auth/register", _founder())
        client.headers["Authorization"] = f"Bearer {made['token']}"
        await _furnish(client, int(made["user"]["id"]))
    return True


def _reception(service_id: int) -> dict[str, Any]:
    """With the service that its tasting books."""
    definition = deepcopy(RECEPTION)
    for node in definition["nodes"]:
        if node["type"] == "schedule":
            node["data"]["service_id"] = service_id
    return definition


def _founder() -> dict[str, str]:
    return {
        "name": "Aurora Lima",
        "email": EMAIL,
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "company_name": "Padaria Aurora",
        "country_code": "BR",
        "locale": "pt-BR",
    }


async def _furnish(client: httpx.AsyncClient, member: int) -> None:
    for path, body in CONFIGS.items():
        (await client.put(f"/v1/{path}", json=body)).raise_for_status()
    for question, answer in FAQS:
        await _post(client, "/v1/ai-faqs", {"question": question, "answer": answer})
    for name, color in (("Encomenda", "#c2410c"), ("Reclamação", "#b91c1c"), ("Cliente fiel", "#15803d")):
        await _post(client, "/v1/labels", {"name": name, "color": color})
    tasting = await _post(client, "/v1/scheduling/services", {**TASTING, "provider_ids": [member]})
    definition = _reception(int(tasting["id"]))
    flow = await _post(client, "/v1/flows", {"name": "Recepção", "draft_definition": definition})
    await _post(client, f"/v1/flows/{flow['id']}/publish", {})
    await _post(client, f"/v1/flows/{flow['id']}/toggle", {"enabled": True})
    await _post(client, "/v1/phone-instances", {"name": "Balcão"})


async def _post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(path, json=body)
    answer.raise_for_status()
    await trio.lowlevel.checkpoint()
    return answer.json()["data"]
