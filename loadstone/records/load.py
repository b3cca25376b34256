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
    # Parts of the service time, as the server told them in `Server-Timing`: name → durations.
    server_timing: dict[str, HistogramState] = msgspec.field(default_factory=dict)


class Row(msgspec.Struct, omit_defaults=True):
    """What came to be known of one second since the last message: deltas, to be added up.

    A sample belongs to the second of its intended start. `second` counts from the start of the plan,
    warm-up included. Arrivals, not requests: `planned` = `sent` + `dropped`, and what is not `completed`
    by the end of the drain is unfinished. In a closed workload every request counts as one arrival that
    was due when it was sent.
    """

    second: int
    planned: int = 0
    sent: int = 0
    completed: int = 0
    dropped: int = 0
    wake_lag: HistogramState = msgspec.field(default_factory=HistogramState)
    queue_lag: HistogramState = msgspec.field(default_factory=HistogramState)
    canary_lag: HistogramState = msgspec.field(
        default_factory=HistogramState
    )  # how late a greenlet gets its turn
    whole: HistogramState = msgspec.field(
        default_factory=HistogramState
    )  # of arrivals: intended start → task end
    endpoints: dict[str, EndpointState] = msgspec.field(default_factory=dict)


class LoadMessage(msgspec.Struct, omit_defaults=True):
    """One worker's news. `sequence` counts from 0 without a gap; `kind` says where the worker stands.

    `started` is sent once, when the plan begins: `at_s` is then the first planned instant. `progress` follows
    every second, `final` ends the stream and carries what only the end knows. `lost` is the master's word
    about a worker that will say no more (and `warnings` says why). `at_s` is the harness's CLOCK_MONOTONIC,
    also where the worker runs on another machine: it is told the offset of its clock.
    """

    kind: str  # started | progress | final | lost
    worker: int
    sequence: int
    at_s: float
    name: str = ""  # of the worker, for people: host name and process; started only
    boot_id: str = ""  # of the worker's machine: equal ones share a clock and a disk; started only
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
    )  # on_start and on_stop, since the last message
    recorder_errors: list[str] = msgspec.field(default_factory=list)
    warnings: list[str] = msgspec.field(default_factory=list)


class LoadPlan(msgspec.Struct):
    """Everything the load process must know, written by the harness as JSON on its standard input."""

    locustfile: str
    hosts: list[str]  # users are spread over them
    arrivals: str  # what `parse_arrivals` reads
    rate: float  # arrivals per second of constant and poisson, a factor for replay, else 0
    duration_s: float
    warm_up_s: float
    drain_s: float
    max_in_flight: int
    seed: int
    request_timeout_s: float = 10.0
    workload: str = "open"  # open | closed
    users: int = 0  # of a closed workload; it has no arrivals, rate and in-flight bound
    user_classes: list[str] = msgspec.field(default_factory=list)  # empty: all of the file
    tags: list[str] = msgspec.field(default_factory=list)  # run only tasks with one of these
    exclude_tags: list[str] = msgspec.field(default_factory=list)
    workers: int = 0  # that play this plan together; 0: the process that reads it plays it alone
    bind_host: str = "127.0.0.1"  # where the master listens for workers
    bind_port: int = 0
    web_host: str = "127.0.0.1"
    web_port: int | None = None  # of Locust's web UI; None: no UI
    events_path: str = ""  # where `loadstone.record_event` appends facts; empty: nowhere
    settings: dict[str, str] = msgspec.field(
        default_factory=dict
    )  # the scenario's own numbers, for the file to read


encode_message = msgspec.json.Encoder().encode
decode_message = msgspec.json.Decoder(LoadMessage).decode
