"""The "getting started" banner. How far a workspace has come is computed; only its dismissal is remembered."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, event

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


class DismissOnboarding(Command, frozen=True, kw_only=True, tag=True):
    """Show the banner no more."""

    by: int


@event("onboarding.dismissed")
class OnboardingDismissed(Event, frozen=True, kw_only=True):
    by: int


@decide.on(DismissOnboarding)
def _dismiss(state: Workspace, command: DismissOnboarding, _now: Moment) -> Sequence[Event]:
    return [] if state.onboarding_dismissed else [OnboardingDismissed(by=command.by)]


@evolve.on(OnboardingDismissed)
def _dismissed(state: Workspace, _event: OnboardingDismissed) -> Workspace:
    return replace(state, onboarding_dismissed=True)
