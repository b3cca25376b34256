"""The process that has workers play one plan together, and passes on what they say."""

import math
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import gevent
import msgspec
from locust.env import Environment
from locust.exception import RPCError

from loadstone.errors import LoadstoneError
from loadstone.load.digests import shared_digests
from loadstone.load.engine import prepare_process
from loadstone.load.identity import boot_id
from loadstone.load.interrupt import on_interrupt
from loadstone.load.pool import equip, leave, make_environment
from loadstone.load.protocol import (
    TO_MASTER,
    Assignment,
    Dismissal,
    Hello,
    Inbox,
    News,
    Ping,
    Pong,
    Prepared,
    Ready,
    Refusal,
    Silence,
    Start,
    Stop,
    StopRequest,
    tell,
)
from loadstone.load.runners import MasterPlayer, SameMix
from loadstone.load.stream import Descriptor
from loadstone.load.web import web_ui
from loadstone.records.event import worker_events_path
from loadstone.records.load import LoadMessage, LoadPlan, encode_message

GATHER_LIMIT_S = 60.0  # for all workers to come
READY_LIMIT_S = 125.0  # for their users to be ready; a worker gives up a little earlier and says why
LEAD_S = 0.25  # from the announcement to second 0: it must reach every worker before
UNHEARD_LIMIT_S = (
    15  # without a heartbeat, before the plan has begun: a large locustfile is imported meanwhile
)
SILENCE_LIMIT_S = 8.0  # without news; a worker that stalls for 5 s comes back
END_MARGIN_S = 30.0  # after the drain, for `on_stop` and the last messages
TICK_S = 0.5


class Stage(IntEnum):
    """How far a worker has come."""

    CAME = 0
    PREPARED = 1
    READY = 2
    OVER = 3  # it has sent its last message, or is lost


@dataclass
class Peer:
    """What the master knows of one worker."""

    id: str  # Locust's
    name: str
    index: int
    stage: Stage = Stage.CAME
    sequence: int = 0  # of the next message
    heard_s: float = 0.0

    def __str__(self) -> str:
        return f"worker {self.index} ({self.name})"


class Master:
    """Gathers workers, gives each its share of the plan, starts them at one instant, passes on what they say.

    A worker that is lost is said, and its share is missing from then on; the others play theirs to the end.
    Raises LoadstoneError when the run cannot begin.
    """

    def __init__(self, plan: LoadPlan, output: Descriptor) -> None:
        self._plan = plan
        self._output = output
        self._peers: dict[str, Peer] = {}
        self._stopped = False
        self._looked_s = 0.0  # when the loop that listens last came round
        self._ends_s = math.inf  # when whoever has not sent its last message is lost; known from the start on
        self._end_limit_s = plan.drain_s + END_MARGIN_S
        users_of(plan)
        own = msgspec.structs.replace(plan, events_path="")  # no user runs here
        classes = prepare_process(own, warn=lambda sentence: None)  # the workers say it
        self._environment = make_environment()
        self._environment.user_classes = classes
        if plan.workload == "open":
            dispatcher: Any = SameMix
            self._environment.dispatcher_class = dispatcher
        self._runner = _bind(self._environment, plan)
        self._runner.end_plan = self.stop
        self._environment.runner = self._runner
        self._inbox = Inbox(self._runner, TO_MASTER)

    def run(self) -> None:
        """Return when all have sent their last message or are lost; SIGINT or SIGTERM ends planning early."""
        on_interrupt(self.stop)
        with web_ui(self._environment, self._plan, self.stop):
            equip(self._environment, self._plan)
            try:
                self._begin()
                self._relay()
            finally:
                leave(self._environment)

    def stop(self) -> None:
        """Have all workers plan nothing further; what is under way is drained as usual."""
        if not self._stopped and self._ends_s < math.inf:
            self._announce_stop()
        self._stopped = True

    def _begin(self) -> None:
        """Return when all workers know when to start."""
        self._gather()
        self._assign()
        self._await(Stage.PREPARED)
        spawning = gevent.spawn(self._runner.spawn, users_of(self._plan), set(self._peers))
        self._await(Stage.READY)
        spawning.get()
        self._start()

    def _gather(self) -> None:
        deadline_s = time.monotonic() + GATHER_LIMIT_S
        while (came := len(self._peers)) < self._plan.workers:
            if self._stopped:
                raise LoadstoneError("the run was stopped before all its workers had come.", "Run it again.")
            if time.monotonic() > deadline_s:
                raise LoadstoneError(
                    f"{came} of {self._plan.workers} workers came within {GATHER_LIMIT_S:g} s.",
                    "Start the others with `loadstone worker --master HOST`.",
                )
            self._listen()

    def _assign(self) -> None:
        digests = shared_digests(self._plan)
        for peer in self._peers.values():
            facts = worker_events_path(self._plan.events_path, peer.index) if self._plan.events_path else ""
            plan = msgspec.json.encode(msgspec.structs.replace(self._plan, events_path=facts))
            assignment = Assignment(plan, peer.index, self._plan.workers, boot_id(), digests)
            tell(self._runner, assignment, peer.id)

    def _await(self, stage: Stage) -> None:
        deadline_s = time.monotonic() + READY_LIMIT_S
        while late := [peer for peer in self._peers.values() if peer.stage < stage]:
            if self._stopped:
                raise LoadstoneError("the run was stopped before its users were ready.", "Run it again.")
            lost = [peer for peer in late if self._is_unheard(peer)]
            if lost or time.monotonic() > deadline_s:
                peer = (lost or late)[0]
                raise LoadstoneError(f"{peer} was lost before the load began.", "See what it said last.")
            self._listen()

    def _is_unheard(self, peer: Peer) -> bool:
        node = self._runner.clients.get(peer.id)
        return node is None or node.heartbeat < -UNHEARD_LIMIT_S

    def _start(self) -> None:
        self._looked_s = time.monotonic()
        plan_start_s = self._looked_s + LEAD_S
        self._ends_s = plan_start_s + self._plan.warm_up_s + self._plan.duration_s + self._end_limit_s
        for peer in self._peers.values():
            peer.heard_s = plan_start_s
        self._tell_all(Start(plan_start_s))
        if self._stopped:
            self._announce_stop()

    def _announce_stop(self) -> None:
        self._ends_s = min(self._ends_s, time.monotonic() + LEAD_S + self._end_limit_s)
        self._tell_all(Stop())

    def _tell_all(self, message: msgspec.Struct) -> None:
        """Send it to those that play; others may have come to Locust's master and not said Hello yet."""
        for identity in self._peers:
            tell(self._runner, message, identity)

    def _relay(self) -> None:
        """Return when nothing more is to be expected of anybody."""
        while any(peer.stage < Stage.OVER for peer in self._peers.values()):
            self._listen()
            self._forgive_own_pause()
            self._give_up()

    def _forgive_own_pause(self) -> None:
        """Count no silence during which this process itself could not listen."""
        before_s, self._looked_s = self._looked_s, time.monotonic()
        if (pause_s := self._looked_s - before_s) > 2 * TICK_S:
            for peer in self._peers.values():
                peer.heard_s += pause_s

    def _give_up(self) -> None:
        for peer in self._peers.values():
            if peer.stage == Stage.OVER:
                continue
            if self._looked_s > self._ends_s:
                self._lose(peer, f"sent no last message within {END_MARGIN_S:g} s of the drain")
            elif (silent_s := self._looked_s - peer.heard_s) > SILENCE_LIMIT_S:
                self._lose(peer, f"has said nothing for {silent_s:.0f} s")

    def _lose(self, peer: Peer, why: str) -> None:
        """Say that a worker is lost. Should it come back it is heard again: nothing it says has been said."""
        peer.stage = Stage.OVER
        lost = LoadMessage(
            "lost", peer.index, peer.sequence, time.monotonic(), name=peer.name, warnings=[f"it {why}."]
        )
        self._output.write(encode_message(lost) + b"\n")

    def _listen(self) -> None:
        """Hear one message, or nothing for a little while."""
        try:
            sender, message = self._inbox.take(TICK_S)
        except Silence:
            return
        if isinstance(message, Hello):
            self._welcome(sender, message)
        elif sender in self._peers:
            self._hear(self._peers[sender], message)

    def _welcome(self, sender: str, hello: Hello) -> None:
        if len(self._peers) == self._plan.workers:
            reason = f"the run has its {self._plan.workers} workers already."
            tell(self._runner, Dismissal(reason), sender)
        else:
            self._peers[sender] = Peer(sender, hello.name, index=len(self._peers))

    def _hear(self, peer: Peer, message: msgspec.Struct) -> None:
        match message:
            case Ping():
                tell(self._runner, Pong(time.monotonic()), peer.id)
            case Prepared():
                peer.stage = Stage.PREPARED
            case Ready():
                peer.stage = Stage.READY
            case News():
                self._pass_on(peer, message)
            case StopRequest():
                self.stop()
            case Refusal(text):
                raise LoadstoneError(f"{peer}: {text}")

    def _pass_on(self, peer: Peer, news: News) -> None:
        peer.heard_s = time.monotonic()
        peer.sequence = news.sequence + 1
        peer.stage = Stage.OVER if news.kind == "final" else Stage.READY
        self._output.write(news.line)


def users_of(plan: LoadPlan) -> int:
    """Return how many users all workers have together; raises LoadstoneError when one would have none."""
    users = plan.users if plan.workload == "closed" else plan.max_in_flight
    if users < plan.workers:
        raise LoadstoneError(
            f"{users} users are too few for {plan.workers} workers.",
            "Raise --users." if plan.workload == "closed" else "Raise --max-in-flight.",
        )
    return users


def _bind(environment: Environment, plan: LoadPlan) -> MasterPlayer:
    """Return Locust's master, listening; it exits where Loadstone says a sentence."""
    try:
        return MasterPlayer(environment, plan.bind_host, plan.bind_port)
    except (SystemExit, RPCError) as error:
        raise LoadstoneError(
            f"the master cannot listen at {plan.bind_host}:{plan.bind_port}.",
            "Is another run using the port? Give another one.",
        ) from error
