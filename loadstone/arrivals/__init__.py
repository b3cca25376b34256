"""When requests are due: pure functions of the plan and the seed.

Every worker derives the same plan and takes its `share`, so the union is exactly the plan and nothing needs
to be coordinated. A seed gives the same instants in every process.
"""

from loadstone.arrivals.parse import RateMeaning, parse_arrivals, rate_meaning, replayed_files
from loadstone.arrivals.plans import Arrivals, Even, Poisson, Sum, share
from loadstone.arrivals.replay import Replay

__all__ = [
    "Arrivals",
    "Even",
    "Poisson",
    "RateMeaning",
    "Replay",
    "Sum",
    "parse_arrivals",
    "rate_meaning",
    "replayed_files",
    "share",
]
