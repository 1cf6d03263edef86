"""Our own OpenAPI document against a running node: bodies and queries that fit it and that do not, by everybody.

Whatever is sent, the answer is no 5xx, its status and type are documented and its body fits. The short form sends a
few cases to each route; `make fuzz` sends FUZZ_CASES of each kind.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
import trio
from hypothesis import HealthCheck, Phase, Verbosity, given, settings, strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.http import people
from tests.http.house import NOTHING, House

from plixa import features
from plixa.http.api import Route
from plixa.http.api.openapi import document

ROUTES = features.routes()
CASES = int(os.environ.get("FUZZ_CASES", "1"))
"""Of each kind (fitting, not fitting) and caller, to each route."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = {
    "POST /v1/auth/logout": "ends the session that asks",
    "POST /v1/billing/checkout": "is a 500 by the contract where no price is configured, as here",
}
CALM = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    verbosity=Verbosity.quiet,
    print_blob=False,
    derandomize=CASES == 1,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate] if CASES == 1 else [Phase.generate, Phase.shrink],
)


@dataclass
class Run:
    """What was sent, and what was wrong with the answers."""

    house: House
    bearer: str
    routes: list[Route]
    sent: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def all(self) -> None:
        """Every route, removing last. Blocks; for a thread of its own."""
        schema = schemathesis.openapi.from_dict(_without_security())
        operations = {(each.method.upper(), each.path): each for each in (o.ok() for o in schema.get_all_operations())}
        with requests.Session() as session:
            session.trust_env = False
            for route in sorted(self.routes, key=lambda route: (route.method == "DELETE", -route.path.count("/"))):
                if route.key not in LEFT_OUT:
                    self._route(session, route, operations[route.method, route.path])

    def _route(self, session: requests.Session, route: Route, operation: Any) -> None:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = st.one_of(*_cases(self.house, route, operation, mode))

            @CALM
            @given(case=cases)
            def answered(case: Case) -> None:
                self._case(session, route, case)

            try:
                answered()
            except Unsatisfiable:  # there is nothing that could not fit
                continue
            except BaseExceptionGroup as failures:
                self.wrong += [f"{route.key}: {failure}" for failure in failures.exceptions]

    def _case(self, session: requests.Session, route: Route, case: Case) -> None:
        headers = {"Authorization": self.bearer}
        url = self.house.node.services.public_url
        if route.key == "GET /v1/events" and case.query:
            case.query.pop("wait", None)  # nobody has time for that here
        answer = case.call(base_url=url, session=session, headers=headers, timeout=30)
        self.sent[answer.status_code] += 1
        if answer.status_code == 431:  # the server's own: the address alone is more than it takes
            return
        case.validate_response(answer, checks=CHECKS)


def _without_security() -> Any:
    """The document, such that nobody thinks of forging tokens: who is let in is the matter of test_matrix.py."""
    whole = deepcopy(document(ROUTES))
    for methods in whole["paths"].values():
        for operation in methods.values():
            del operation["security"]
    del whole["components"]["securitySchemes"]
    return whole


def _cases(house: House, route: Route, operation: Any, mode: GenerationMode) -> Iterator[st.SearchStrategy[Case]]:
    """Cases for what is there and for what is not."""
    names = [each["name"] for each in document(ROUTES)["paths"][route.path][route.method.lower()]["parameters"]]
    named = [name for name in names if "{" + name + "}" in route.path]
    if not named:
        yield operation.as_strategy(generation_mode=mode)
        return
    parts = route.path.split("/")
    there = {name: house.ids.get(parts[parts.index("{" + name + "}") - 1], NOTHING) for name in named}
    for parameters in (there, dict.fromkeys(named, NOTHING)):
        yield operation.as_strategy(generation_mode=mode, path_parameters=parameters)


async def _owner(house: House) -> str:
    return f"Bearer {house.chat.workspace.token}"


async def _agent(house: House) -> str:
    return (await people.agent(house.node, house.chat.workspace)).bearer


@pytest.mark.timeout(0 if CASES > 1 else 180)
# The node's own use of `random`, in the thread beside, is taken for that of a strategy.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.parametrize(("caller", "who"), [(_owner, {"public", "owner", "member"}), (_agent, {"member"})])
async def test_whatever_is_sent_is_answered_as_is_documented(
    house: House, caller: Callable[[House], Awaitable[str]], who: set[str]
) -> None:
    """An agent sends to what is a member's; the rest is the same for them, or refused at the door."""
    run = Run(house, await caller(house), [route for route in ROUTES if route.who in who])
    await trio.to_thread.run_sync(run.all)
    print(f"{run.sent.total()} cases: {dict(sorted(run.sent.items()))}")
    assert not run.wrong, "\n".join(run.wrong)
    assert run.sent.total() >= len(run.routes) - len(LEFT_OUT)
