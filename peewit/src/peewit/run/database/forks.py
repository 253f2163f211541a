"""What a forked child inherits of a server's connections: nothing, while they hold a lock.

A child that outlives its killed parent would keep the parent's session, and with it the lock; one that ends would
say goodbye to the server in its parent's name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_ours: list[Callable[[], Sequence[Any]]] = []
"""What gives the connections as they are when a child is forked."""


@contextmanager
def kept_from_children(connections: Callable[[], Sequence[Any]]) -> Iterator[None]:
    """While the block runs, children get a socket that leads nowhere in the place of each connection's."""
    _ours.append(connections)
    try:
        yield
    finally:
        if connections in _ours:  # a child has forgotten them
            _ours.remove(connections)


def _cut() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for connection in (connection for connections in _ours for connection in connections()):
        number = _socket_of(connection)
        if number >= 0:
            os.dup2(nowhere, number)
    os.close(nowhere)
    _ours.clear()


def _socket_of(connection: Any) -> int:
    """The number of a connection's socket; -1 where there is none, or its driver does not tell."""
    told = connection if hasattr(connection, "fileno") else getattr(connection, "_sock", None)
    try:
        return -1 if told is None else int(told.fileno())
    except Exception:  # noqa: BLE001 - each driver has an error of its own for a connection that is closed
        return -1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_cut)
