"""What the proxy asks of one provider interface. Each has a file of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.proxy.tokens import Used

Body = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One event of a stream: what is passed on (empty: nothing), and how many tokens that has."""

    content: bytes
    tokens: int = 0


class StreamReader(Protocol):
    """Reads one stream as it passes."""

    def read(self, event: bytes) -> Part:
        """What to pass on of an event."""

    def ending(self, counted: int) -> bytes:
        """A well-formed end of the stream here, after so many tokens."""

    def used(self, counted: int) -> Used:
        """What to charge: by the provider's usage block where it came, else what was sent."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One interface. `provider` is its attribute in ratings, and names its upstream.

    `limit` names the member of a request that bounds the output, the newest name first.
    `key_of` finds the caller's key, `signed` brings the proxy's own.
    """

    path: str
    provider: str
    limits: tuple[str, ...]
    inputs: tuple[str, ...]
    key_of: Callable[[Mapping[str, str]], str]
    signed: Callable[[str], dict[str, str]]
    prepare: Callable[[Body], Body]
    reader: Callable[[Body, int], StreamReader]
    used_of: Callable[[Body], Used | None]
    error: Callable[[int, str, str], Body]

    def limit_of(self, body: Body) -> int | None:
        """The most tokens that a request lets the model write; None where it does not say."""
        found = (body.get(name) for name in self.limits)
        return next((each for each in found if type(each) is int and each > 0), None)

    def answers_of(self, body: Body) -> int:
        """How many answers a request asks for at once."""
        found = body.get("n")
        return found if type(found) is int and found > 0 else 1

    def limited(self, body: Body, tokens: int) -> Body:
        """The request, with no more output than this."""
        name = next((each for each in self.limits if each in body), self.limits[0])
        return {**body, name: tokens}


def as_bearer(key: str) -> dict[str, str]:
    """The header that brings a key as OpenAI takes it."""
    return {"authorization": f"Bearer {key}"}


def bearer_of(headers: Mapping[str, str]) -> str:
    """The key of `Authorization: Bearer`."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
