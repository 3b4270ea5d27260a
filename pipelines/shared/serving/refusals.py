"""An error that is the answer to a request: its status and one line."""

from pipelines.shared.messages import within

LETTERS = 600


class Refused(Exception):
    """Answered as {"error": message} with this status.

    Args:
        status: of HTTP.
        message: what, where, expected, received.
        headers: of the answer, besides those that all have.
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None):
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.message = within(" ".join(str(message).split()), LETTERS)
