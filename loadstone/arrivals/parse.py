"""What the user writes after --arrivals, made into a plan. A refusal names the part, the value, an example.

Plans are sums of parts, such as `poisson:20 + spike:0,200@10s+5s`; ` + ` needs its spaces.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from loadstone.arrivals.plans import Arrivals, Even, Poisson, Sum
from loadstone.arrivals.rate import RateCurve, constant, ramp, spike, steps
from loadstone.arrivals.replay import Replay, read_replay
from loadstone.durations import seconds_in
from loadstone.errors import LoadstoneError

EXAMPLES = {
    "constant": "constant:50",
    "poisson": "poisson:50",
    "ramp": "ramp:10-200",
    "steps": "steps:50@0s,100@30s,200@1m",
    "spike": "spike:50,500@20s+5s",
    "replay": "replay:access.log",
}


RATE_MAXIMUM = 1_000_000.0  # arrivals per second; more than any process could send


class RateMeaning(StrEnum):
    """What --rate is to a plan."""

    ARRIVALS = "arrivals per second"  # required
    SPEED = "speed-up factor"  # optional
    NOTHING = "nothing"  # refused


@dataclass(frozen=True)
class Part:
    """One summand as it was written: `random` when drawn as Poisson, `kind` its shape, `detail` the rest."""

    text: str
    random: bool
    kind: str
    detail: str

    @property
    def rate_meaning(self) -> RateMeaning:
        """What --rate is to this part."""
        if self.kind == "replay":
            return RateMeaning.SPEED
        needs_one = self.kind == "constant" and not self.detail
        return RateMeaning.ARRIVALS if needs_one else RateMeaning.NOTHING


def parse_arrivals(
    spec: str, rate: float, seed: int = 1, *, warm_up_s: float = 0.0, duration_s: float = math.inf
) -> Arrivals:
    """Return the plan that `spec` describes; see docs/arrivals.md for its grammar.

    `rate` is arrivals per second for a bare `constant` or `poisson`, a speed-up factor for `replay`, and 0
    where --rate was not given. The times of a shape count from the end of the warm-up; until then its rate is
    what it begins with. Raises LoadstoneError when there is no such plan, or no arrival in what is measured.
    """
    parts = _parse_parts(spec)
    _require_rate(_sum_meaning(spec, parts), spec, rate)
    times = _Times(warm_up_s, duration_s)
    plans = tuple(_plan(part, rate, _part_seed(seed, n), times) for n, part in enumerate(parts))
    return plans[0] if len(plans) == 1 else Sum(plans)


def rate_meaning(spec: str) -> RateMeaning:
    """Return what --rate is to a plan: required, an optional factor, or to be refused.

    Raises LoadstoneError when `spec` is no plan, or would give --rate two meanings.
    """
    return _sum_meaning(spec, _parse_parts(spec))


def replayed_files(spec: str) -> list[str]:
    """Return the paths of the recordings that a plan replays; raises LoadstoneError when it is no plan."""
    return [part.detail for part in _parse_parts(spec) if part.kind == "replay"]


@dataclass(frozen=True)
class _Times:
    warm_up_s: float
    duration_s: float


def _part_seed(seed: int, number: int) -> int | str:
    """Return a stream of its own for each summand; the first one has that of a plan alone."""
    return f"{seed} part {number}" if number else seed


def _parse_parts(spec: str) -> list[Part]:
    return [_parse_part(text.strip()) for text in re.split(r"\s\+\s", spec)]


def _parse_part(text: str) -> Part:
    kind, _, detail = text.partition(":")
    random = kind == "poisson"
    if random:
        inner, _, inner_detail = detail.partition(":")
        kind, detail = (inner, inner_detail) if inner in EXAMPLES else ("constant", detail)
    if kind not in EXAMPLES or kind == "poisson":
        raise LoadstoneError(
            f"there are no arrivals called '{text}'.",
            f"There are {', '.join(EXAMPLES.values())}, poisson: before a shape, and sums with ' + '.",
        )
    if random and kind == "replay":
        raise _refusal(text, "a replay has instants of its own; they are not drawn", "replay")
    return Part(text, random, kind, detail)


def _sum_meaning(spec: str, parts: list[Part]) -> RateMeaning:
    meanings = [part.rate_meaning for part in parts]
    bare = meanings.count(RateMeaning.ARRIVALS)
    if bare > 1 or (bare and RateMeaning.SPEED in meanings):
        raise LoadstoneError(
            f"--rate would have more than one meaning in --arrivals '{spec}'.",
            "Give each part its own rate, such as constant:50 or poisson:20.",
        )
    return next((meaning for meaning in meanings if meaning != RateMeaning.NOTHING), RateMeaning.NOTHING)


def _require_rate(meaning: RateMeaning, spec: str, rate: float) -> None:
    if meaning == RateMeaning.NOTHING and rate:
        raise LoadstoneError(f"--arrivals '{spec}' has rates of its own.", f"Leave out --rate {rate:g}.")
    if meaning == RateMeaning.SPEED and rate == 0:
        return
    if meaning != RateMeaning.NOTHING and not 0 < rate <= RATE_MAXIMUM:
        raise LoadstoneError(
            f"--rate is {rate:g} {meaning} for --arrivals '{spec}'.",
            f"Give a number above 0, up to {RATE_MAXIMUM:,.0f}: --rate 100.",
        )


def _plan(part: Part, rate: float, seed: int | str, times: _Times) -> Arrivals:
    if part.kind == "replay":
        return _replay(part, rate or 1.0, times)
    shape = _SHAPES[part.kind](part, rate, times)
    if not shape.peak(times.duration_s):
        raise _refusal(part.text, "its rate is 0 throughout", part.kind)
    curve = shape.after(times.warm_up_s)
    return Poisson(curve, seed) if part.random else Even(curve)


def _replay(part: Part, speed: float, times: _Times) -> Replay:
    replay = read_replay(part.detail, speed)
    if not any(start_s >= times.warm_up_s for start_s in replay.starts_s(times.warm_up_s + times.duration_s)):
        first_s = next(replay.starts_s(math.inf))
        raise LoadstoneError(
            f"--arrivals '{part.text}' has no arrival in the {times.duration_s:g} s measured after"
            f" {times.warm_up_s:g} s of warm-up; its first is at {first_s:g} s.",
            "Offsets are seconds from the start of the plan; give another --warm-up or --duration.",
        )
    return replay


def _constant(part: Part, rate: float, times: _Times) -> RateCurve:
    return constant(_rate(part, part.detail) if part.detail else rate)


def _ramp(part: Part, rate: float, times: _Times) -> RateCurve:
    from_rate, _, to_rate = part.detail.partition("-")
    if times.duration_s == math.inf:
        raise _refusal(part.text, "a ramp needs an end", part.kind)
    return ramp(_rate(part, from_rate), _rate(part, to_rate), times.duration_s)


def _steps(part: Part, rate: float, times: _Times) -> RateCurve:
    rates: dict[float, float] = {}
    for step in part.detail.split(","):
        step_rate, _, at = step.partition("@")
        at_s = _time_s(part, at, times)
        if rates and at_s <= max(rates):
            raise _refusal(
                part.text, f"the step at {at.strip()} does not come after the one before it", part.kind
            )
        rates[at_s] = _rate(part, step_rate)
    return steps(list(rates.items()))


def _spike(part: Part, rate: float, times: _Times) -> RateCurve:
    rates, _, span = part.detail.partition("@")
    base, _, peak = rates.partition(",")
    at, _, length = span.partition("+")
    length_s = _duration_s(part, length)
    if not length_s:
        raise _refusal(part.text, "it has no length", part.kind)
    return spike(_rate(part, base), _rate(part, peak), _time_s(part, at, times), length_s)


_SHAPES: dict[str, Callable[[Part, float, _Times], RateCurve]] = {
    "constant": _constant,
    "ramp": _ramp,
    "steps": _steps,
    "spike": _spike,
}


def _rate(part: Part, text: str) -> float:
    if not re.fullmatch(r"\s*\d+(\.\d+)?\s*", text):
        raise _refusal(part.text, f"'{text.strip()}' is no rate", part.kind)
    if (rate := float(text)) > RATE_MAXIMUM:
        raise _refusal(part.text, f"{rate:g} is above the highest rate, {RATE_MAXIMUM:,.0f}", part.kind)
    return rate


def _time_s(part: Part, text: str, times: _Times) -> float:
    at_s = _duration_s(part, text)
    if at_s >= times.duration_s:
        raise _refusal(
            part.text, f"{text.strip()} is not within the duration of {times.duration_s:g} s", part.kind
        )
    return at_s


def _duration_s(part: Part, text: str) -> float:
    seconds = seconds_in(text)
    if seconds is None:
        raise _refusal(part.text, f"'{text.strip()}' is no time", part.kind)
    return seconds


def _refusal(text: str, reason: str, kind: str) -> LoadstoneError:
    return LoadstoneError(f"--arrivals '{text}': {reason}.", f"Write it as in {EXAMPLES[kind]}.")
