"""The lean HTTP client: what `loadstone.HttpUser` sends its requests with.

Built for one thing, many requests a second from one core whose every outcome is told exactly once. It speaks
HTTP/1.1, keeps connections open, and never sends a request twice.
"""

# First of all: it has gevent patch the standard library, which has to come before anybody imports ssl.
import locust  # noqa: F401
