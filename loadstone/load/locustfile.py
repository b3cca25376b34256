"""The user classes of a locustfile, or a sentence about why there are none."""

import traceback
from pathlib import Path

from locust import User
from locust.util.load_locustfile import load_locustfile

from loadstone.errors import LoadstoneError

TRACEBACK_LINES = 12


def load_user_classes(path: str, names: list[str]) -> list[type[User]]:
    """Return the locustfile's user classes in its order, or those of `names` when there are any.

    Raises LoadstoneError when the file is missing, fails, or has no such class or no task to run.
    """
    classes = _execute(path)
    if not classes:
        raise LoadstoneError(f"{path} has no user class.", "Define one, such as class Visitor(FastHttpUser).")
    chosen = _choose(path, classes, names) if names else list(classes.values())
    for user_class in chosen:
        if not user_class.tasks:
            raise LoadstoneError(f"{user_class.__name__} in {path} has no task.", "Mark a method with @task.")
    return chosen


def _choose(path: str, classes: dict[str, type[User]], names: list[str]) -> list[type[User]]:
    unknown = [name for name in names if name not in classes]
    if unknown:
        raise LoadstoneError(
            f"{path} has no user class {', '.join(unknown)}.", f"It has: {', '.join(classes)}."
        )
    return [classes[name] for name in names]


def _execute(path: str) -> dict[str, type[User]]:
    if not Path(path).is_file():
        raise LoadstoneError(f"there is no locustfile {path}.", "Give an existing file with -f.")
    try:
        classes, _ = load_locustfile(str(Path(path).resolve()))
    except LoadstoneError:
        raise  # from scenario_setting: already a sentence for the user
    except (Exception, SystemExit) as error:
        raise LoadstoneError(
            f"{path} cannot be loaded: {type(error).__name__}: {error}.",
            f"Its last lines:\n{_tail(error, path)}",
        ) from error
    return classes


def _tail(error: BaseException, path: str) -> str:
    """Return the end of the traceback, from the locustfile's own frame on."""
    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename != str(Path(path).resolve()):
        frame = frame.tb_next
    text = "".join(traceback.format_exception(type(error), error, frame, chain=False))
    return "\n".join(text.splitlines()[-TRACEBACK_LINES:])
