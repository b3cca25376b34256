"""What the flags say about where the load comes from."""

from loadstone.flags.groups import GeneratorFlags
from loadstone.generator import MASTER_PORT, Workers
from loadstone.stack.ports import LOOPBACK

ANY_FREE_PORT = 0
ANY_HOST = "0.0.0.0"


def workers_of(flags: GeneratorFlags) -> Workers:
    """Return who plays the plan: one process by itself unless the flags ask for others.

    Beside a web UI it is a worker that plays: the pages then cost no arrival its time.
    """
    from_elsewhere = flags.expect_workers > 0
    ui_alone = flags.web_ui and not (flags.processes or flags.expect_workers)
    return Workers(
        local=1 if ui_alone else flags.processes,
        remote=flags.expect_workers,
        bind_host=flags.master_bind_host or (ANY_HOST if from_elsewhere else LOOPBACK),
        bind_port=flags.master_bind_port or (MASTER_PORT if from_elsewhere else ANY_FREE_PORT),
    )
