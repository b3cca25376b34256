"""A harness to be killed at any instant: starts one child after the other."""

import itertools
import json

from loadstone.stack.guardian import Guardian


def main() -> None:
    with Guardian() as guardian:
        for number in itertools.count(1):
            guardian.spawn(["sleep", "60"], guardian.directory / "children.log")
            print(json.dumps(number), flush=True)


if __name__ == "__main__":
    main()
