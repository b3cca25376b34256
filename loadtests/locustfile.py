"""What `locust -f loadtests/locustfile.py` runs: the mixed scenario."""

from loadtests.scenarios.mixed import Person

__all__ = ["Person"]
