"""Room for connections: made before the plan, because making it takes the kernel ten milliseconds."""

import fcntl
import os
import resource

OF_THE_PROCESS = 256  # files, pipes and sockets that are nobody's connection
LIMIT = 65_536


def make_room(connections: int) -> None:
    """Let this process have so many connections without a pause.

    Linux doubles a process's table of descriptors when it is full and, where the process has threads, waits
    for an RCU grace period meanwhile (fs/file.c, expand_fdtable): 10 to 15 ms in which nothing is sent, at
    64, 128, 256 … connections. The table never shrinks, so one high descriptor, closed again, is enough. The
    limit is raised as far as the system lets it; beyond it connections fail, and are counted.
    """
    wanted = min(connections + OF_THE_PROCESS, LIMIT)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    highest = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)
    os.close(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, highest - 1))
