"""How fast effects go out to one far end, and for how long a doubt about one is looked after. Times are trio's."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

from plixa.engine.actor import EffectDone, EffectReport, EffectUncertain

AT_ONCE = 24
AGAIN_AT_ONCE, LOOKS_AT_ONCE = 4, 4
"""A pace's effects that have failed before, and its doubts: how many are worked on at once."""
PAUSE_FIRST, PAUSE_LONGEST = 0.5, 30.0
LOOK_FIRST, LOOK_LONGEST = 1.0, 15.0
DOUBT_LASTS, DOUBT_AT_MOST = 600.0, 6 * 3600.0


@dataclass(slots=True)
class Pace:
    """One rate limit, and the pause after trouble. back: the far end is there again."""

    interval: float
    next_free: float = 0.0
    paused_until: float = 0.0
    trouble: int = 0
    back: trio.Event = field(default_factory=trio.Event)
    limit: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(AT_ONCE))
    again: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(AGAIN_AT_ONCE))
    looks: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(LOOKS_AT_ONCE))

    @property
    def is_idle(self) -> bool:
        """Whether a new one would do as well: nobody has a place or a turn, and nothing is remembered of trouble."""
        held = sum(limiter.borrowed_tokens for limiter in (self.limit, self.again, self.looks))
        return not held and not self.trouble and max(self.next_free, self.paused_until) <= trio.current_time()

    async def wait(self) -> None:
        """Wait for this caller's turn."""
        while (seconds := self.paused_until - trio.current_time()) > 0:
            with trio.move_on_after(seconds):
                await self.back.wait()
        turn = max(self.next_free, trio.current_time())
        self.next_free = turn + self.interval
        await trio.sleep_until(turn)

    def heard(self, report: EffectReport) -> None:
        """Whether the far end is there, as a report tells."""
        if not isinstance(report, EffectDone) and report.away:
            self.pause()
        else:
            self.trouble = 0

    def pause(self) -> None:
        """The far end is away: nobody of this pace goes out for a while."""
        self.trouble += 1
        seconds = min(PAUSE_LONGEST, PAUSE_FIRST * 2 ** min(self.trouble - 1, 10))
        self.paused_until = max(self.paused_until, trio.current_time() + seconds)

    def resume(self) -> None:
        """The far end is back: whoever waits for that need wait no longer."""
        self.trouble, self.paused_until = 0, 0.0
        self.back.set()
        self.back = trio.Event()


@dataclass(slots=True)
class Doubt:
    """The looks after one effect that may have happened. vain: seconds in which nobody could say."""

    began: float = field(default_factory=trio.current_time)
    looks: int = 0
    vain: float = 0.0

    def wait(self) -> float:
        """Seconds until the next look."""
        return min(LOOK_LONGEST, LOOK_FIRST * (1 << min(self.looks, 10)))

    def looked(self, since: float, report: EffectUncertain) -> None:
        """A look, and the wait before it, came to nothing."""
        self.looks += 1
        if not report.away:
            self.vain += trio.current_time() - since

    def is_over(self, far_end_works: float) -> bool:
        """Whether to look no more. far_end_works: seconds for which not being found says nothing."""
        return self.vain > far_end_works + DOUBT_LASTS or trio.current_time() - self.began > DOUBT_AT_MOST
