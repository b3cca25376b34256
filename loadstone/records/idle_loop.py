"""What the event loop of the load process can do while it has nothing to do."""

import msgspec


class IdleLoop(msgspec.Struct):
    """How late an idle loop wakes at planned instants: the best that the generator can be on this machine."""

    loop: str  # gevent's name of it
    libev: str  # version; empty where the loop is another
    timerfd: bool
    lag_p50_s: float
    lag_p99_s: float


encode_idle_loop = msgspec.json.Encoder().encode
decode_idle_loop = msgspec.json.Decoder(IdleLoop).decode
