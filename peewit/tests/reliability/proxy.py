"""A relay between a driver and its server that cuts the connection at a message: before it, or before its answer."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..servers import POSTGRES, Server

BEFORE, AFTER = "before the server has it", "before its answer"

SIZE = 1 << 16


class Proxy:
    """A relay on a port of its own.

    What a driver sends until the server answers counts as one message, whatever the protocol. ``messages`` are those
    of all connections since the last :meth:`plan`.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._at, self._how = 0, ""
        self._instead: Callable[[], None] | None = None
        self.messages = 0
        self.cut = False
        threading.Thread(target=self._listen, daemon=True).start()

    def plan(self, at: int = 0, how: str = BEFORE, instead: Callable[[], None] | None = None) -> None:
        """Cut at this message, counted from one; ``instead`` is called in place of that, and may stop the server."""
        self._at, self._how, self._instead = at, how, instead
        self.messages, self.cut = 0, False

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # it was closed
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        # A side that is gone takes the other one with it.
        with suppress(OSError), client, self._connected() as server, selectors.DefaultSelector() as selector:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) if one.family == socket.AF_INET else None
                selector.register(one, selectors.EVENT_READ)
            asking = False
            while True:
                for key, _ in selector.select():
                    source: Any = key.fileobj
                    data = source.recv(SIZE)
                    if not data:
                        return
                    if source is client:
                        begins, asking = not asking, True
                        self.messages += begins
                        if begins and self._is_now(BEFORE):
                            return
                        server.sendall(data)
                    else:
                        asking = False
                        if self._is_now(AFTER):
                            return
                        client.sendall(data)

    def _is_now(self, how: str) -> bool:
        """Whether the connection is to be cut here, which it is once."""
        if self.cut or self.messages != self._at or how != self._how:
            return False
        self.cut = True
        if self._instead is not None:
            self._instead()
            return False
        return True

    def _connected(self) -> socket.socket:
        options = self._server.options
        path = options.get("unix_socket", "")
        port = options.get("port", 5432 if self._server.kind == POSTGRES else 3306)
        if str(options.get("host", "")).startswith("/"):
            path = f"{options['host']}/.s.PGSQL.{port}"
        if not path:
            return socket.create_connection((options["host"], port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        return server


@contextmanager
def proxy(server: Server) -> Iterator[Proxy]:
    """A relay to a server, for as long as the block runs."""
    relay = Proxy(server)
    try:
        yield relay
    finally:
        relay.close()
