"""What the load process tells the harness: one message a second, and a last one."""

import msgspec

from loadstone.records.histogram import HistogramState


class OutcomeState(msgspec.Struct, omit_defaults=True):
    """Histograms of the requests of one endpoint that ended alike (well, or in failure)."""

    latency: HistogramState = msgspec.field(default_factory=HistogramState)
    service_time: HistogramState = msgspec.field(default_factory=HistogramState)


class EndpointState(msgspec.Struct, omit_defaults=True):
    """One endpoint's requests, successes and failures apart: a fast failure must not improve a quantile."""

    ok: OutcomeState = msgspec.field(default_factory=OutcomeState)
    failed: OutcomeState = msgspec.field(default_factory=OutcomeState)
    errors: dict[str, int] = msgspec.field(default_factory=dict)


class Row(msgspec.Struct, omit_defaults=True):
    """What came to be known of one second since the last message: deltas, to be added up.

    A sample belongs to the second of its intended start. `second` counts from the start of the plan,
    warm-up included. Arrivals, not requests: `planned` = `sent` + `dropped`, and what is not `completed`
    by the end of the drain is unfinished.
    """

    second: int
    planned: int = 0
    sent: int = 0
    completed: int = 0
    dropped: int = 0
    wake_lag: HistogramState = msgspec.field(default_factory=HistogramState)
    queue_lag: HistogramState = msgspec.field(default_factory=HistogramState)
    endpoints: dict[str, EndpointState] = msgspec.field(default_factory=dict)


class LoadMessage(msgspec.Struct, omit_defaults=True):
    """One worker's news. `sequence` counts from 0 without a gap; `kind` says where the worker stands.

    `started` is sent once, when the plan begins: `at_s` is then CLOCK_MONOTONIC of the first planned instant.
    `progress` follows every second, `final` ends the stream and carries what only the end knows.
    """

    kind: str  # started | progress | final
    worker: int
    sequence: int
    at_s: float
    rows: list[Row] = msgspec.field(default_factory=list)
    in_flight: int = 0
    planned_s: float | None = None  # how long arrivals were planned, from second 0; final only
    cpu_share: float = 0.0  # of one core, since the last message
    unfinished: dict[str, int] = msgspec.field(default_factory=dict)  # by class of user, final only
    unfinished_ages_s: list[float] = msgspec.field(
        default_factory=list
    )  # how long they had waited, final only
    session_endpoints: dict[str, EndpointState] = msgspec.field(
        default_factory=dict
    )  # on_start and on_stop, final only
    recorder_errors: list[str] = msgspec.field(default_factory=list)
    warnings: list[str] = msgspec.field(default_factory=list)


class LoadPlan(msgspec.Struct):
    """Everything the load process must know, written by the harness as JSON on its standard input."""

    locustfile: str
    hosts: list[str]  # users are spread over them
    arrivals: str  # constant | poisson, later the shapes of design.md section 3
    rate: float  # arrivals per second
    duration_s: float
    warm_up_s: float
    drain_s: float
    max_in_flight: int
    seed: int
    request_timeout_s: float = 10.0
    user_classes: list[str] = msgspec.field(default_factory=list)  # empty: all of the file
    events_path: str = ""  # where `loadstone.record_event` appends facts; empty: nowhere
    settings: dict[str, str] = msgspec.field(
        default_factory=dict
    )  # the scenario's own numbers, for the file to read


encode_message = msgspec.json.Encoder().encode
decode_message = msgspec.json.Decoder(LoadMessage).decode
