"""What keeps a graph from going live. A draft may have any of these; publishing refuses them all at once.

A graph without problems never leaves a customer hanging: from each node that can be reached every way out leads on,
each circle waits for the customer, no step visits more nodes than walking allows, and each pause has an end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from plixa.actors.flows import check_data, nodes as n, shape
from plixa.actors.flows.check_data import KnownField as KnownField, KnownToFlows as KnownToFlows
from plixa.actors.flows.graph import Graph, branches
from plixa.actors.flows.walk import MAX_NODES_A_STEP
from plixa.engine.errors import Invalid


class Problem(Struct, frozen=True):
    """One thing that is wrong, and what to do about it.

    node_id: None where it is about the graph or an edge; `field` is then a path of its own (`nodes`, `edges.<id>`).
    code: stable, for programs.
    """

    node_id: str | None
    field: str
    code: str
    message: str

    @property
    def path(self) -> str:
        """The dotted path: `nodes.<id>.<field>`, `nodes` or `edges.<id>`."""
        return self.field if self.node_id is None else f"nodes.{self.node_id}.{self.field}"


def must_be_publishable(graph: Graph, known: KnownToFlows) -> None:
    """Raises Invalid, with `nodes.<id>.<field>` for each problem, unless the graph may go live."""
    details: dict[str, list[str]] = {}
    for problem in problems(graph, known):
        details.setdefault(problem.path, []).append(problem.message)
    if details:
        raise Invalid(details, "This flow cannot be published yet.")


def problems(graph: Graph, known: KnownToFlows) -> list[Problem]:
    """Everything that keeps this graph from going live, in the order of the graph; empty if it may."""
    found = [*_starts(graph), *_ids(graph), *_edges(graph)]
    names = check_data.Names.of(graph, known.fields)
    for node in graph.nodes:
        found += _ways_out(graph, node)
        found += (Problem(node.id, *wrong) for wrong in check_data.wrong_in(node, names, known))
    return [*found, *_unreachable(graph), *_circles(graph), *_too_long(graph)]


def hints(graph: Graph) -> list[Problem]:
    """What may go live, and works otherwise than the author may think."""
    return [Problem(node.id, *hint) for node in graph.nodes for hint in check_data.hints_in(node)]


def _starts(graph: Graph) -> Iterator[Problem]:
    starts = [node for node in graph.nodes if isinstance(node, n.Start)]
    if not starts:
        yield Problem(
            None, "nodes", "no_start", "The flow has no start. Add one `start` node and lead it to the first step."
        )
    for extra in starts[1:]:
        yield Problem(extra.id, "type", "many_starts", f"“{extra.id}” is a second start. Keep one `start` node only.")


def _ids(graph: Graph) -> Iterator[Problem]:
    for id_, count in Counter(node.id for node in graph.nodes).items():
        if count > 1:
            yield Problem(id_, "id", "duplicate_id", f"{count} nodes have the id “{id_}”. Give each its own.")
    for id_, count in Counter(edge.id for edge in graph.edges).items():
        if count > 1:
            message = f"{count} edges have the id “{id_}”. Give each its own."
            yield Problem(None, f"edges.{id_}", "duplicate_id", message)


def _edges(graph: Graph) -> Iterator[Problem]:
    ids = {node.id for node in graph.nodes}
    for edge in graph.edges:
        for end, id_ in (("source", edge.source), ("target", edge.target)):
            if id_ not in ids:
                message = f"The edge “{edge.id}” names “{id_}”, which is no node of this flow. Connect it or remove it."
                yield Problem(None, f"edges.{edge.id}.{end}", "edge_to_nowhere", message)


def _ways_out(graph: Graph, node: n.Node) -> Iterator[Problem]:
    ways, leaving = branches(node), graph.leaving(node.id)
    taken = Counter(edge.condition for edge in leaving)
    missing = [branch for branch in ways.must if graph.follow(node.id, branch) is None]
    yield from (_missing(node, branch) for branch in dict.fromkeys(missing))
    for branch, count in taken.items():
        if branch not in ways.must and branch not in ways.may:
            allowed = ", ".join(_quoted(each) for each in (*ways.must, *ways.may)) or "none, since nothing follows it"
            message = (
                f"An edge leaves “{node.id}” by {_quoted(branch)}, which it does not have. Its ways out: {allowed}."
            )
            yield Problem(node.id, f"edges.{branch or 'next'}", "unknown_branch", message)
        elif count > 1:
            message = f"{count} edges leave “{node.id}” by {_quoted(branch)}. Keep the one to be followed."
            yield Problem(node.id, f"edges.{branch or 'next'}", "duplicate_branch", message)


def _missing(node: n.Node, branch: str | None) -> Problem:
    if branch is None:
        message = f"“{node.id}” leads nowhere. Connect it to the next step, or let it end in `end` or `handoff`."
        return Problem(node.id, "edges.next", "dead_end", message)
    message = (
        f"“{node.id}” has no way on for “{_branch_label(node, branch)}”. Add an edge with the condition “{branch}”."
    )
    return Problem(node.id, f"edges.{branch}", "missing_branch", message)


def _branch_label(node: n.Node, branch: str) -> str:
    options = node.data.options if isinstance(node, n.Menu) else ()
    return next((option.label or branch for option in options if option.id == branch), branch)


def _quoted(branch: str | None) -> str:
    return "the plain way (no condition)" if branch is None else f"“{branch}”"


def _unreachable(graph: Graph) -> Iterator[Problem]:
    start = graph.start()
    seen: set[str] = shape.reachable(graph, start.id) if start else set()
    for id_ in _unseen((node.id for node in graph.nodes if not isinstance(node, n.Start)), seen):
        message = f"“{id_}” can never be reached from the start. Lead an edge to it, or remove it."
        yield Problem(id_, "id", "unreachable", message)


def _unseen(ids: Iterable[str], seen: set[str]) -> list[str]:
    return [id_ for id_ in dict.fromkeys(ids) if id_ not in seen]


def _circles(graph: Graph) -> Iterator[Problem]:
    for id_ in shape.on_circle(shape.without_customer(graph), (node.id for node in graph.nodes)):
        message = f"From “{id_}” the flow comes back to it without waiting for the customer. Put a question in between."
        yield Problem(id_, "edges", "endless_loop", message)


def _too_long(graph: Graph) -> Iterator[Problem]:
    depth, circling = shape.layers(shape.within_a_step(graph), (node.id for node in graph.nodes))
    if circling:
        return  # told already, and lengths mean nothing
    for id_, length in depth.items():
        if length == MAX_NODES_A_STEP + 1:
            message = (
                f"“{id_}” is the {length}th node in one go; {MAX_NODES_A_STEP} is the most. Put a question in between."
            )
            yield Problem(id_, "edges", "too_long", message)
