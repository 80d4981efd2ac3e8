"""Connections in pools of a few each.

httpx looks at every connection of a pool, and asks the operating system about those that are idle,
whenever a request begins or ends: of 64 at once each costs several times what one of 8 costs.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from ssl import SSLContext
from threading import Lock
from typing import Any, Final, Generic, TypeVar, cast

import httpx

CONNECTIONS_EACH: Final = 8
"""Connections of one pool."""
_EVERYWHERE: Final = "all://*"
"""The weakest of httpx's patterns, and not the word that stands for a proxy of everything."""

T = TypeVar("T")


class _Pool(Generic[T]):
    """A pool of so many connections, and how many of its requests have not ended."""

    __slots__ = ("busy", "size", "transport")

    def __init__(self, transport: T, size: int) -> None:
        self.transport = transport
        self.size = size
        self.busy = 0


class _Pools(Generic[T]):
    """As many pools as it takes, up to so many connections of all; for several threads."""

    def __init__(self, make: Callable[..., T], context: SSLContext, connections: int) -> None:
        self._make = make
        self._context = context
        self._left = connections
        self._lock = Lock()
        self.all: list[_Pool[T]] = []

    @contextmanager
    def sending(self) -> Iterator[_Pool[T]]:
        """A pool for one request; where that gets an answer, the pool is still to be given back."""
        with self._lock:
            pool = self._free()
            pool.busy += 1
        try:
            yield pool
        except BaseException:
            self.give(pool)
            raise

    def give(self, pool: _Pool[T]) -> None:
        """The request has ended."""
        with self._lock:
            pool.busy -= 1

    def _free(self) -> _Pool[T]:
        """The first with a connection free, else a new one; beyond the bound the idlest."""
        for pool in self.all:
            if pool.busy < pool.size:
                return pool
        if not self._left:
            return min(self.all, key=lambda pool: pool.busy / pool.size)
        size = min(CONNECTIONS_EACH, self._left)
        self._left -= size
        pool = _Pool(self._make(verify=self._context, limits=_limits(size)), size)
        self.all.append(pool)
        return pool


class AsyncSpread(httpx.AsyncBaseTransport):
    """The transport of an `httpx.AsyncClient` that has so many `connections` at most."""

    def __init__(self, context: SSLContext, connections: int) -> None:
        self._pools = _Pools(httpx.AsyncHTTPTransport, context, connections)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it by a pool that has room. Raises httpx.TransportError."""
        with self._pools.sending() as pool:
            answer = await pool.transport.handle_async_request(request)
        body = cast(httpx.AsyncByteStream, answer.stream)
        answer.stream = _AsyncBody(body, partial(self._pools.give, pool))
        return answer

    async def aclose(self) -> None:
        """Let all connections go."""
        for pool in self._pools.all:
            await pool.transport.aclose()


class Spread(httpx.BaseTransport):
    """The transport of an `httpx.Client` that has so many `connections` at most."""

    def __init__(self, context: SSLContext, connections: int) -> None:
        self._pools = _Pools(httpx.HTTPTransport, context, connections)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it by a pool that has room. Raises httpx.TransportError."""
        with self._pools.sending() as pool:
            answer = pool.transport.handle_request(request)
        body = cast(httpx.SyncByteStream, answer.stream)
        answer.stream = _Body(body, partial(self._pools.give, pool))
        return answer

    def close(self) -> None:
        """Let all connections go."""
        for pool in self._pools.all:
            pool.transport.close()


def async_client(connections: int, **options: Any) -> httpx.AsyncClient:
    """An `httpx.AsyncClient` of so many connections; proxies of the environment come first."""
    context = httpx.create_ssl_context()
    mounts = {_EVERYWHERE: AsyncSpread(context, connections)}
    limits = _limits(connections)
    return httpx.AsyncClient(verify=context, limits=limits, mounts=mounts, **options)


def sync_client(connections: int) -> httpx.Client:
    """An `httpx.Client` of so many connections; proxies of the environment come first."""
    context = httpx.create_ssl_context()
    mounts = {_EVERYWHERE: Spread(context, connections)}
    return httpx.Client(verify=context, limits=_limits(connections), mounts=mounts)


def _limits(connections: int) -> httpx.Limits:
    return httpx.Limits(max_connections=connections, max_keepalive_connections=connections)


class _AsyncBody(httpx.AsyncByteStream):
    """The body of an answer, whose request ends as it is closed; httpx closes it once."""

    def __init__(self, body: httpx.AsyncByteStream, end: Callable[[], None]) -> None:
        self._body = body
        self._end = end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._body:
            yield part

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            self._end()


class _Body(httpx.SyncByteStream):
    """The body of an answer, whose request ends as it is closed; httpx closes it once."""

    def __init__(self, body: httpx.SyncByteStream, end: Callable[[], None]) -> None:
        self._body = body
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        yield from self._body

    def close(self) -> None:
        try:
            self._body.close()
        finally:
            self._end()
