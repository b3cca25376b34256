"""The one exception that speaks to the user."""


class LoadstoneError(Exception):
    """A mistake or obstacle the user can act on: what was wrong, with its value, and the remedy.

    `cli.py` prints `message` and exits with `exit_code` (2 unless said otherwise); nothing else catches it.
    """

    def __init__(self, message: str, remedy: str = "", *, exit_code: int = 2) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy
        self.exit_code = exit_code
