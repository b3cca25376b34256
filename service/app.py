"""The one place that knows everything: the application from its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service.api import auth, health, internal, posts, users, videos
from service.api.errors import add_error_handlers
from service.metrics import Metrics
from service.request_metrics import RequestMetrics
from service.resources import open_resources
from service.settings import Settings
from service.strategies import require_known
from service.timing import ServerTiming

BODY_MAXIMUM_BYTES = 64 * 1024


def create_app(settings: Settings) -> FastAPI:
    """Return the application; its lifespan opens the stores and, at the end, closes them again.

    Raises ConfigurationError when a family has no strategy of the chosen name.
    """
    require_known(settings)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings, metrics) as resources:
            app.state.resources = resources
            yield

    modules = [videos, posts, users, auth, health, *([] if settings.is_production else [internal])]
    app = FastAPI(
        title="Loadstone's reference service",
        debug=settings.debug,
        lifespan=lifespan,
        # Flat: an included router is searched and entered anew with each request.
        routes=[route for module in modules for route in module.router.routes],
        max_body_size=BODY_MAXIMUM_BYTES,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(RequestMetrics, metrics=metrics)
    if settings.server_timing_enabled:
        app.add_middleware(ServerTiming)
    add_error_handlers(app)
    return app
