"""A harness to be killed: starts a whole stack, says what it is, and ends as it is told on its input."""

import json
import sys
from pathlib import Path

from loadstone.stack import ServicePlan, StackPlan, start_stack
from loadstone.stack.guardian import Guardian

DUMMY_SERVICE = str(Path(__file__).with_name("dummy_service.py"))
PLAN = StackPlan(
    service=ServicePlan(
        command=["{python}", DUMMY_SERVICE, "serve", "{port}"],
        prepare=["{python}", DUMMY_SERVICE, "linger", "0.1"],
        ready_path="/ready",
    )
)


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    with Guardian() as guardian, start_stack(PLAN, guardian, report_progress=say) as stack:
        say([*stack.service_urls, stack.database_url, *stack.replica_urls, stack.redis_url])
        if sys.stdin.readline() == "fail\n":
            raise RuntimeError("told to fail")


if __name__ == "__main__":
    main()
