"""Questions about a graph's shape: what can be reached, and where it goes round without the customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plixa.actors.flows import nodes as n
from plixa.actors.flows.graph import Edge, Graph

Arrows = Mapping[str, list[str]]


def arrows(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Where each node leads, by id."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        found.setdefault(edge.source, []).append(edge.target)
    return found


def reachable(graph: Graph, first: str) -> set[str]:
    """The ids that can be reached from `first`, itself included."""
    leads, seen, todo = arrows(graph.edges), {first}, [first]
    while todo:
        for target in leads.get(todo.pop(), []):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def needs_customer(node: n.Node | None, branch: str | None) -> bool:
    """Whether leaving the node by this branch takes a word of the customer's."""
    match node:
        case n.Menu() | n.Capture():
            return branch != "timeout"
        case n.Schedule():
            return node.data.service_id is not None and branch != "timeout"
        case n.Wait():
            return branch == "answered"
        case n.Ai():
            return branch == "answered" and node.data.max_turns > 1
        case _:
            return False


def without_customer(graph: Graph) -> Arrows:
    """The arrows that can be followed without a word of the customer's."""
    return arrows(edge for edge in graph.edges if not needs_customer(graph.node(edge.source), edge.condition))


def within_a_step(graph: Graph) -> Arrows:
    """The arrows that are followed at once, without waiting for anything."""
    return arrows(edge for edge in graph.edges if not _stops(graph.node(edge.source)))


def _stops(node: n.Node | None) -> bool:
    books = isinstance(node, n.Schedule) and node.data.service_id is not None
    return books or isinstance(node, n.Menu | n.Capture | n.Wait | n.Ai)


def layers(leads: Arrows, ids: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """How many nodes the longest way to each node has, and the nodes that are on a circle or after one.

    Kahn's algorithm: nodes are taken when all that lead to them are taken; what is left over goes round.
    """
    nodes = list(dict.fromkeys(ids))
    leads = _among(leads, nodes)
    incoming = dict.fromkeys(nodes, 0)
    for targets in leads.values():
        for target in targets:
            incoming[target] += 1
    depth = dict.fromkeys(incoming, 1)
    todo = [node for node, count in incoming.items() if not count]
    taken: set[str] = set()
    while todo:
        source = todo.pop()
        taken.add(source)
        for target in leads.get(source, []):
            depth[target] = max(depth[target], depth[source] + 1)
            incoming[target] -= 1
            if not incoming[target]:
                todo.append(target)
    return depth, [node for node in incoming if node not in taken]


def on_circle(leads: Arrows, ids: Iterable[str]) -> list[str]:
    """The nodes from which a way leads back to themselves."""
    nodes = list(dict.fromkeys(ids))
    _, suspects = layers(leads, nodes)
    among = _among(leads, suspects)
    return [node for node in suspects if _returns(among, node)]


def _among(leads: Arrows, nodes: Iterable[str]) -> Arrows:
    """The arrows between these nodes; a draft has others."""
    known = dict.fromkeys(nodes)
    return {source: [target for target in leads.get(source, []) if target in known] for source in known}


def _returns(leads: Arrows, first: str) -> bool:
    seen: set[str] = set()
    todo = list(leads.get(first, []))
    while todo:
        node = todo.pop()
        if node == first:
            return True
        if node not in seen:
            seen.add(node)
            todo += leads.get(node, [])
    return False
