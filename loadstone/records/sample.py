"""One request, as the load process observed it."""

import msgspec


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One request. Instants are seconds of this host's CLOCK_MONOTONIC; `error` is empty if all was well."""

    endpoint: str
    intended_start_s: float
    start_s: float
    end_s: float
    error: str = ""

    @property
    def latency_s(self) -> float:
        """From the intended start to the last byte: what someone who arrived on time had to wait."""
        return self.end_s - self.intended_start_s

    @property
    def service_time_s(self) -> float:
        """From the send to the last byte."""
        return self.end_s - self.start_s
