"""The editor's HTTP server: a thread for each connection, no more than a few hundred, and none that waits for ever."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

MOST_CONNECTIONS = 256
IDLE_SECONDS = 30.0  # between two requests of a connection
REQUEST_SECONDS = 10.0  # from the first byte of a request to its last
RESPONSE_SECONDS = 60.0  # for a piece of a response to be taken
MOST_UNREAD = 2**20  # bytes of a request that are still taken after its response
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class DeadlineReader(io.RawIOBase):
    """Reads a socket; a request that has not come in time is a TimeoutError, however slowly it drips in.

    Parameters
    ----------
    connection : socket
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.wait()

    def wait(self) -> None:
        """Begin to wait for a request."""
        self._deadline, self._has_begun = time.monotonic() + IDLE_SECONDS, False
        self._unread: int | None = None

    def end_request(self) -> None:
        """The rest of the request is of no use any more: what fails from now on is an end, not an error.

        werkzeug reads on after a response, so that a client whose body was refused sees why. Were that an error, it
        would leave a descriptor open; and it bounds neither a read nor all of them.
        """
        self._unread = MOST_UNREAD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._unread is None:
            return self._receive(buffer)
        with contextlib.suppress(OSError):
            count = self._receive(memoryview(buffer)[: self._unread]) if self._unread else 0
            self._unread -= count
            return count
        return 0

    def _receive(self, buffer: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left)
        try:
            count = self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(RESPONSE_SECONDS)
        if not self._has_begun:
            self._deadline, self._has_begun = time.monotonic() + REQUEST_SECONDS, True
        return count


class RequestHandler(WSGIRequestHandler):
    """Serves the requests of one connection."""

    def setup(self) -> None:
        super().setup()
        self._reader = DeadlineReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        self._reader.wait()
        super().handle_one_request()

    def end_headers(self) -> None:
        self._reader.end_request()  # the application has read what it wanted before it responded
        super().end_headers()


class EditorServer(ThreadedWSGIServer):
    """A server of `app`; connections beyond `MOST_CONNECTIONS` are told that it is busy.

    Parameters
    ----------
    host : str
    port : int
        0 for any that is free; `server_port` is then the one.
    app : Flask

    Raises
    ------
    OSError, SystemExit
        Where the address cannot be opened.
    """

    def __init__(self, host: str, port: int, app: Flask) -> None:
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(host, port, app, RequestHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a connection, or refuse it."""
        if not self._places.acquire(blocking=False):
            with contextlib.suppress(OSError):
                request.setblocking(False)
                request.send(BUSY)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()
