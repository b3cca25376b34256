"""The service under test as processes, one for each port: each has its own metrics."""

import http.client
import os
import sys
from collections.abc import Collection, Mapping, Sequence

from loadstone.stack.guardian import Guardian
from loadstone.stack.plan import ServicePlan
from loadstone.stack.ports import LOOPBACK
from loadstone.stack.process import ChildProcess

PREPARE_TIMEOUT_S = 300.0
START_TIMEOUT_S = 60.0
PROBE_TIMEOUT_S = 2.0


class ServiceProcess:
    """One process of the service. The constructor starts it and does not wait."""

    def __init__(
        self,
        guardian: Guardian,
        plan: ServicePlan,
        name: str,
        servers: Mapping[str, str],
        *,
        cores: Collection[int] | None = None,
    ) -> None:
        self.port = guardian.reserve_port()
        self._ready_path = plan.ready_path
        self.process = ChildProcess(
            guardian,
            name,
            fill_in(plan.command, port=self.port),
            environment=os.environ | dict(plan.environment) | dict(servers),
            working_directory=plan.working_directory,
            cores=cores,
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}"

    def wait_until_ready(self) -> None:
        """Return once it answers 200 on the plan's path."""
        self.process.wait_until(self._is_ready, f"answer 200 to GET {self._ready_path}", START_TIMEOUT_S)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=PROBE_TIMEOUT_S)
        try:
            connection.request("GET", self._ready_path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def start_preparation(
    guardian: Guardian, plan: ServicePlan, servers: Mapping[str, str]
) -> ChildProcess | None:
    """Start the command that makes tables and data, to be waited for; None when the plan has none.

    It may use every core: nothing is measured yet.
    """
    if not plan.prepare:
        return None
    return ChildProcess(
        guardian,
        "prepare",
        fill_in(plan.prepare),
        environment=os.environ | dict(plan.environment) | dict(servers),
        working_directory=plan.working_directory,
    )


def fill_in(command: Sequence[str], *, port: int | None = None) -> list[str]:
    """Return the command with `{python}` (this interpreter) and `{port}` filled in."""
    values = {"{python}": sys.executable} | ({"{port}": str(port)} if port else {})
    for placeholder, value in values.items():
        command = [word.replace(placeholder, value) for word in command]
    return list(command)
