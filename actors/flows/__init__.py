"""Conversation flows: what a reception robot says and asks before the AI or a person takes over.

A flow is a graph of nodes (`nodes.py`, `graph.py`), judged before it goes live (`check.py`) and walked one inbound word
at a time (`walk.py`). Around that: trying it out (`simulate.py`), holding it against conversations of the past
(`check_past.py`), and building one from a model's words or a template (`building.py`, `templates.py`).

Invariants: everything here is pure, the time comes in with the context. Walking never raises, whatever the graph or the
customer's words. A walk stops only where it waits (for the customer, for a time, for the AI) or where it has ended: at
an end, or in a person's hands. No customer is left without either.
"""

FACE: tuple[str, ...] = ("asking", "library", "menus", "nodes", "phrases", "run", "templates", "texts", "walk", "words")
"""The modules that other features may import."""
