"""An HTTP server that answers in a thread of its own, from `with` to its end."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import TypeVar

ServedT = TypeVar('ServedT', bound='Served')


class Served:
    """Base of what serves: begins with `with`, and has let go of its port at the end."""

    def __init__(self, server: ThreadingHTTPServer, *, daemon: bool = False) -> None:
        """Keep a server that is bound; a `daemon` does not keep its process from ending."""
        self._served = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=daemon)

    @property
    def origin(self) -> str:
        """Return where it listens: http://127.0.0.1:PORT."""
        return f'http://127.0.0.1:{self._served.server_port}'

    def __enter__(self: ServedT) -> ServedT:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving; requests that still wait are left to the server's own end."""
        self._served.shutdown()
        self._thread.join()
        self._served.server_close()
