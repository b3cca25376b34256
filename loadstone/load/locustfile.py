"""The user classes of a locustfile, or a sentence about why there are none."""

import logging
import traceback
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from locust import User
from locust.argument_parser import get_parser
from locust.user.task import filter_tasks_by_tags
from locust.util.load_locustfile import load_locustfile

from loadstone.errors import LoadstoneError

TRACEBACK_LINES = 12

Warn = Callable[[str], None]

_log_warning = logging.getLogger(__name__).warning


def load_user_classes(
    path: str,
    names: Sequence[str] = (),
    tags: Sequence[str] = (),
    exclude_tags: Sequence[str] = (),
    warn: Warn = _log_warning,
) -> list[type[User]]:
    """Return the locustfile's user classes in its order, or those of `names` when there are any.

    They keep only the tasks that have one of `tags` and none of `exclude_tags`, as with Locust's options of
    these names; a class that keeps none is left out. `warn` hears what of the file has no effect. Raises
    LoadstoneError when the file is missing, fails, or has no such class or no task to run.
    """
    classes, shapes = _execute(path)
    if not classes:
        raise LoadstoneError(f"{path} has no user class.", "Define one, such as class Visitor(FastHttpUser).")
    if shapes:
        warn(f"{', '.join(shapes)} has no effect: the plan says how much load there is, not a load shape.")
    chosen = _choose(path, classes, names) if names else list(classes.values())
    able = _with_tasks(path, chosen, warn)
    return _filter(path, able, tags, exclude_tags) if tags or exclude_tags else able


def default_options() -> Namespace:
    """Return Locust's options, and those that the loaded locustfile added to them, at their defaults.

    Locust's configuration files are not read. Raises LoadstoneError when an option has to be given.
    """
    try:
        options: Namespace = get_parser(default_config_files=[]).parse_args(["--headless"])
    except SystemExit as error:  # the parser has said on standard error which option it misses
        raise LoadstoneError(
            "the locustfile adds an option to Locust that must be given.",
            "Give it a default, or an `env_var`.",
        ) from error
    return options


def _with_tasks(path: str, classes: list[type[User]], warn: Warn) -> list[type[User]]:
    """Return the classes that have tasks; one without is most often a base class not marked abstract."""
    idle = [user_class.__name__ for user_class in classes if not user_class.tasks]
    if len(idle) == len(classes):
        raise LoadstoneError(f"{', '.join(idle)} in {path} has no task.", "Mark a method with @task.")
    if idle:
        warn(f"{', '.join(idle)} has no task and is left out.")
    return [user_class for user_class in classes if user_class.tasks]


def _filter(
    path: str, classes: list[type[User]], tags: Sequence[str], exclude_tags: Sequence[str]
) -> list[type[User]]:
    """Return the classes that keep a task; Locust's own filter changes them, and their TaskSets, in place."""
    for user_class in classes:
        filter_tasks_by_tags(user_class, set(tags) or None, set(exclude_tags) or None)
    kept = [user_class for user_class in classes if user_class.tasks]
    if not kept:
        wanted = [f"with {', '.join(tags)}"] if tags else []
        unwanted = [f"without {', '.join(exclude_tags)}"] if exclude_tags else []
        raise LoadstoneError(
            f"{path} has no task {' and '.join(wanted + unwanted)}.", "See its @tag decorators."
        )
    return kept


def _choose(path: str, classes: dict[str, type[User]], names: Sequence[str]) -> list[type[User]]:
    unknown = [name for name in names if name not in classes]
    if unknown:
        raise LoadstoneError(
            f"{path} has no user class {', '.join(unknown)}.", f"It has: {', '.join(classes)}."
        )
    return [classes[name] for name in names]


def _execute(path: str) -> tuple[dict[str, type[User]], list[str]]:
    """Return the file's user classes and the names of its load shapes."""
    if not Path(path).is_file():
        raise LoadstoneError(f"there is no locustfile {path}.", "Give an existing file with -f.")
    try:
        classes, shapes = load_locustfile(str(Path(path).resolve()))
    except LoadstoneError:
        raise  # from scenario_setting: already a sentence for the user
    except (Exception, SystemExit) as error:
        raise LoadstoneError(
            f"{path} cannot be loaded: {type(error).__name__}: {error}.",
            f"Its last lines:\n{_tail(error, path)}",
        ) from error
    return classes, [type(shape).__name__ for shape in shapes]


def _tail(error: BaseException, path: str) -> str:
    """Return the end of the traceback, from the locustfile's own frame on."""
    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename != str(Path(path).resolve()):
        frame = frame.tb_next
    text = "".join(traceback.format_exception(type(error), error, frame, chain=False))
    return "\n".join(text.splitlines()[-TRACEBACK_LINES:])
