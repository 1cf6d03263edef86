"""Flows to begin with: small, fit to go live in any workspace, in the three languages.

`reception`: greeting, opening hours, a menu of three, the name, a person. `lead`: name, e-mail and wish, then a person.
`ai_first`: the AI answers, a person takes over when it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plixa.actors.flows.building import lay_out
from plixa.actors.flows.graph import Graph, definition, parse
from plixa.actors.flows.phrases import language

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "hello": "Hello {{first_name}}! Welcome. 👋",
        "closed": "We are closed right now. Leave your message and we will answer as soon as we open.",
        "how": "How can we help you?",
        "sales": "Sales",
        "support": "Support",
        "other": "Something else",
        "sales_words": "buy,price,quote",
        "support_words": "help,problem,broken",
        "name": "What is your name?",
        "thanks": "Thank you, {{first_name}}! A person of our team will be with you in a moment.",
        "email": "And your e-mail address? (or write “skip”)",
        "wish": "In one sentence: what are you looking for?",
        "goal": "Answer the customer's question from what is known of the company. Ask for a person when unsure.",
        "sorry": "I will ask a colleague to help you with that.",
    },
    "pt": {
        "hello": "Olá, {{first_name}}! Seja bem-vindo. 👋",
        "closed": "Estamos fechados agora. Deixe sua mensagem e responderemos assim que abrirmos.",
        "how": "Como podemos ajudar?",
        "sales": "Vendas",
        "support": "Suporte",
        "other": "Outro assunto",
        "sales_words": "comprar,preço,orçamento",
        "support_words": "ajuda,problema,defeito",
        "name": "Qual é o seu nome?",
        "thanks": "Obrigado, {{first_name}}! Em instantes alguém da equipe vai falar com você.",
        "email": "E o seu e-mail? (ou escreva “pular”)",
        "wish": "Em uma frase: o que você procura?",
        "goal": "Responda à pergunta do cliente com o que se sabe da empresa. Peça uma pessoa quando houver dúvida.",
        "sorry": "Vou pedir a um colega que ajude você com isso.",
    },
    "es": {
        "hello": "¡Hola, {{first_name}}! Bienvenido. 👋",
        "closed": "Ahora estamos cerrados. Deje su mensaje y le responderemos en cuanto abramos.",
        "how": "¿Cómo podemos ayudarle?",
        "sales": "Ventas",
        "support": "Soporte",
        "other": "Otro asunto",
        "sales_words": "comprar,precio,presupuesto",
        "support_words": "ayuda,problema,falla",
        "name": "¿Cuál es su nombre?",
        "thanks": "¡Gracias, {{first_name}}! En un momento le atenderá alguien del equipo.",
        "email": "¿Y su correo electrónico? (o escriba “saltar”)",
        "wish": "En una frase: ¿qué busca?",
        "goal": "Responda a la pregunta del cliente con lo que se sabe de la empresa. Pida una persona si hay dudas.",
        "sorry": "Pediré a un colega que le ayude con eso.",
    },
}


def template(name: str, locale: str) -> dict[str, Any]:
    """A flow's JSON, in the language of the locale. Raises KeyError for a name that is not in TEMPLATES."""
    return definition(graph_of(name, locale))


def graph_of(name: str, locale: str) -> Graph:
    """The same as a graph."""
    nodes, edges = TEMPLATES[name](_TEXTS[language(locale)])
    read = parse({"nodes": nodes, "edges": edges})
    return lay_out(read)


Parts = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def _node(id_: str, type_: str, **data: Any) -> dict[str, Any]:
    return {"id": id_, "type": type_, "data": data}


def _edges(*ways: str) -> list[dict[str, Any]]:
    """From lines like "menu sales name": source, condition (or `-`) and target."""
    parted = [way.split() for way in ways]
    return [
        {"id": f"e{at}", "source": source, "target": target, "condition": None if branch == "-" else branch}
        for at, (source, branch, target) in enumerate(parted, start=1)
    ]


def _reception(say: Mapping[str, str]) -> Parts:
    options = [
        {"id": "sales", "label": say["sales"], "keywords": say["sales_words"].split(",")},
        {"id": "support", "label": say["support"], "keywords": say["support_words"].split(",")},
        {"id": "other", "label": say["other"]},
    ]
    nodes = [
        _node("start", "start"),
        _node("hello", "message", text=say["hello"]),
        _node("hours", "schedule"),
        _node("closed", "message", text=say["closed"]),
        _node("menu", "menu", text=say["how"], options=options),
        _node("known", "condition", rules=[{"field": "name", "op": "is_set"}]),
        _node("name", "capture", text=say["name"], field="name"),
        _node("person", "handoff", text=say["thanks"]),
    ]
    ways = ["start - hello", "hello - hours", "hours open menu", "hours closed closed", "closed - menu"]
    ways += ["menu sales known", "menu support known", "menu other known"]
    ways += ["known true person", "known false name", "name - person"]
    return nodes, _edges(*ways)


def _lead(say: Mapping[str, str]) -> Parts:
    nodes = [
        _node("start", "start"),
        _node("hello", "message", text=say["hello"]),
        _node("name", "capture", text=say["name"], field="name"),
        _node("email", "capture", text=say["email"], field="flow.email", kind="email", required=False),
        _node("wish", "capture", text=say["wish"], field="flow.wish"),
        _node("person", "handoff", text=say["thanks"]),
    ]
    return nodes, _edges("start - hello", "hello - name", "name - email", "email - wish", "wish - person")


def _ai_first(say: Mapping[str, str]) -> Parts:
    nodes = [
        _node("start", "start"),
        _node("answer", "ai", goal=say["goal"], on_handoff=say["sorry"], max_turns=10),
        _node("menu", "menu", text=say["how"], options=[{"id": "person", "label": say["support"]}]),
        _node("person", "handoff", text=say["thanks"]),
    ]
    ways = ["start - answer", "answer answered menu", "answer handoff person", "menu person person", "menu else person"]
    return nodes, _edges(*ways)


TEMPLATES: Mapping[str, Callable[[Mapping[str, str]], Parts]] = {
    "reception": _reception,
    "lead": _lead,
    "ai_first": _ai_first,
}
