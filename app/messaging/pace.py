"""How fast one sender hands texts over: a pace in segments per second that all workers keep together.

Faster would only move our queue to the carrier, where a door code stands behind birthdays. The count lives in Valkey;
while it is away nothing is paced (stops, hours and budgets are not counted here, they stay closed).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import structlog
from redis import Redis, RedisError

log = structlog.get_logger()

BURST_SECONDS = 1.0
"""What was not used of the last second may be used at once."""

# `free_at` is when all that was handed over so far would have gone out at the pace. By Valkey's clock, which all share,
# unless a time is given. KEYS[1]; ARGV: pace, burst, time or "", segments...; answers [how many may go, debt in s].
TAKE = """
local now = tonumber(ARGV[3])
if not now then
  local t = redis.call('TIME')
  now = t[1] + t[2] / 1000000
end
local pace, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local free_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now - burst), now - burst)
local taken = 0
for i = 4, #ARGV do
  if free_at > now - 0.000001 then break end
  free_at = free_at + tonumber(ARGV[i]) / pace
  taken = taken + 1
end
if taken > 0 then
  redis.call('SET', KEYS[1], string.format('%.6f', free_at), 'EX', math.ceil(math.max(free_at - now, 0)) + 60)
end
return {taken, string.format('%.6f', free_at - now)}
"""


class Pace(Protocol):
    def room(self) -> int:
        """How many segments may go now; 0 is none yet."""

    def take(self, segments: Sequence[int]) -> int:
        """Count these texts, in their order, as handed over; returns how many of them may go now."""

    def pause(self) -> None:
        """Wait until there may be room, or a moment."""


class SharedPace:
    """The pace of one sender across all workers and machines."""

    def __init__(
        self,
        valkey: Redis,
        *,
        sender: str,
        segments_per_second: float,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.segments_per_second = segments_per_second
        self._key = f"pace:{sender}"
        self._valkey = valkey
        self._clock = clock
        self._sleep = sleep
        self._take = valkey.register_script(TAKE)
        self._wait_seconds = 0.0

    def room(self) -> int:
        _, debt = self._ask([])
        self._wait_seconds = max(debt, 0.0)
        # A text may go as long as there is any room, so a long one never waits for ever.
        return max(int(-debt * self.segments_per_second + 0.999), 0)

    def take(self, segments: Sequence[int]) -> int:
        taken, debt = self._ask(segments)
        self._wait_seconds = max(debt, 0.0)
        return taken

    def pause(self, *, longest: float = 0.25) -> None:
        self._sleep(min(max(self._wait_seconds, 0.005), longest))

    def _ask(self, segments: Sequence[int]) -> tuple[int, float]:
        given = "" if self._clock is None else f"{self._clock():.6f}"
        try:
            answer = cast(
                Any,
                self._take(keys=[self._key], args=[self.segments_per_second, BURST_SECONDS, given, *segments]),
            )
        except RedisError as error:
            log.info("pace_not_kept", error=type(error).__name__)
            return len(segments), -BURST_SECONDS
        return int(answer[0]), float(answer[1])
