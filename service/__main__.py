"""python -m service: serve it, bring the schema to its newest version, fill it with data."""

import argparse
import asyncio
import gc
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from pydantic import ValidationError

from service.errors import ConfigurationError
from service.settings import Settings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from service.seed import Size

USAGE_ERROR = 2
SHUTDOWN_S = 10  # how long open requests may take to end
KEEP_ALIVE_S = 75  # longer than clients keep idle connections: who closes first must not be the server
SIZE_OPTIONS = ("users", "videos", "follows_per_user", "posts_per_user")

Command = Callable[[Settings, argparse.Namespace], None]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

# Each command imports what it needs: the others then start faster.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings()
        logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
        options.run(settings, options)
    except (ValidationError, ConfigurationError) as error:
        print(f"The service cannot start: {_in_words(error)}", file=sys.stderr)
        return USAGE_ERROR
    return 0


def serve(settings: Settings, options: argparse.Namespace) -> None:
    """Answer requests until SIGTERM or Ctrl-C."""
    import uvicorn

    from service.app import create_app
    from service.http_protocol import StampedProtocol

    config = uvicorn.Config(
        create_app(settings),
        host=options.host,
        port=options.port,
        loop="uvloop",
        http=StampedProtocol,
        ws="none",
        access_log=False,
        log_level=settings.log_level.lower(),
        lifespan="on",
        timeout_graceful_shutdown=SHUTDOWN_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    gc.freeze()  # modules and routes live as long as the process: collections need not look at them
    uvicorn.Server(config).run()


def migrate(settings: Settings, options: argparse.Namespace) -> None:
    """Bring the schema to its newest version."""
    asyncio.run(_prepare(settings, migrating=True))


def seed(settings: Settings, options: argparse.Namespace) -> None:
    """Replace all data."""
    asyncio.run(_prepare(settings, seeding=options))


def prepare(settings: Settings, options: argparse.Namespace) -> None:
    """Bring the schema to its newest version and replace all data, in one process."""
    asyncio.run(_prepare(settings, migrating=True, seeding=options))


async def _prepare(
    settings: Settings, migrating: bool = False, seeding: argparse.Namespace | None = None
) -> None:
    from service.database import create_engine

    engine = create_engine(settings.database_url, settings)
    try:
        if migrating:
            from service.migrations import upgrade

            await upgrade(engine)
        if seeding:
            from service.seed import replace_everything

            await replace_everything(settings, engine, seeding.seed, _size(seeding))
    finally:
        await engine.dispose()


def _size(options: argparse.Namespace) -> "Size":
    from service.seed import SIZES

    given = {name: getattr(options, name) for name in SIZE_OPTIONS if getattr(options, name) is not None}
    return replace(SIZES[options.size], **given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m service", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = _command(commands, serve)
    command.add_argument("--port", type=int, required=True)
    command.add_argument("--host", default="127.0.0.1")
    _command(commands, migrate)
    for run in (seed, prepare):
        command = _command(commands, run)
        command.add_argument("--seed", type=int, default=1, help="the same seed and size make the same data")
        command.add_argument("--size", choices=("small", "medium", "large"), default="small")
        for name in SIZE_OPTIONS:
            command.add_argument(f"--{name.replace('_', '-')}", type=_count, help="instead of the size's")
    return parser


def _command(commands: Commands, run: Command) -> argparse.ArgumentParser:
    command = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
    command.set_defaults(run=run)
    return command


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return number


def _in_words(error: ValidationError | ConfigurationError) -> str:
    """Return one line for each wrong setting: its name, what is wrong, and its value unless it is secret."""
    if isinstance(error, ConfigurationError):
        return str(error)
    return "; ".join(_setting_error(one) for one in error.errors())


def _setting_error(error: "ErrorDetails") -> str:
    name = ".".join(map(str, error["loc"])).upper()
    return f"{name}: {error['msg']} (it is {error['input']!r})" if name else error["msg"]


if __name__ == "__main__":
    sys.exit(main())
