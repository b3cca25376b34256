"""A stack of the reference service, as `loadstone run` starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadstone.project import Project, find_project
from loadstone.stack import ServicePlan, StackPlan, start_stack
from loadstone.stack.guardian import Guardian


@pytest.fixture(scope="package")
def project() -> Project:
    return find_project(Path(__file__).parent)


@pytest.fixture(scope="package")
def service_url(project: Project) -> Iterator[str]:
    """The address of a seeded service with every family's default strategy, and a small limit of posts."""
    assert project.service
    plan = ServicePlan(
        command=project.service.command,
        prepare=[part.replace("{seed}", "1") for part in project.service.prepare],
        ready_path=project.service.ready,
        working_directory=project.directory,
        environment={
            **project.service.environment,
            "RATE_LIMIT_POSTS": "3",
            "RATE_LIMIT_POSTS_WINDOW_S": "1",
        },
    )
    with Guardian() as guardian, start_stack(StackPlan(service=plan), guardian, print) as stack:
        yield stack.service_urls[0]
