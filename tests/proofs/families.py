"""What is put side by side: of each family the guide's strategy and the default."""

from dataclasses import dataclass

REPEATS = 5


@dataclass(frozen=True)
class Family:
    """A family, which is also the name of its scenario, its check and its setting."""

    name: str
    guide: str
    default: str

    def arguments(self, strategy: str) -> list[str]:
        """Return what `loadstone run` is given."""
        return [self.name, "--set", f"{self.name}={strategy}"]


FAMILIES = [
    Family("caching", "guide", "lease"),
    Family("rate_limiting", "guide_fixed", "gcra"),
    Family("locking", "guide", "postgres_lease"),
    Family("view_counting", "guide_buffered", "buffered_swap"),
    Family("replica_routing", "guide_random", "lsn_token"),
]
