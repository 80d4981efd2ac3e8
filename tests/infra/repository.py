"""A Maven repository of a few bytes on the loopback, which can fail on purpose."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.fetch import PinnedFile


class Repository:
    """What is served, how much of an answer is sent before the line breaks, and what was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.breaks_after: int | None = None
        self.asked: list[tuple[str, str]] = []
        self.address = ""

    def add(self, path: str, content: bytes) -> PinnedFile:
        """Serve a file and return how it is pinned."""
        self.files["/" + path] = content
        return PinnedFile(path=path, sha256=sha256(content).hexdigest(), size=len(content))


@contextmanager
def serving() -> Iterator[Repository]:
    """Serve a new repository while the block runs."""
    repository = Repository()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            repository.asked.append((self.path, asked))
            content = repository.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            first = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            self.wfile.write(content[first:][: repository.breaks_after])
            repository.breaks_after = None

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    repository.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield repository
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
