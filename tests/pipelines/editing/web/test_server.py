"""Clients that drip, stay or come in crowds: each is ended in time, and the others are served."""

from __future__ import annotations

import contextlib
import gc
import http.client
import socket
import threading
import time
from pathlib import Path

import pytest
from flask import Flask, request

from pipelines.editing.web import server as module

OPEN_FILES = Path("/proc/self/fd")
REQUEST = b"POST /length HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture
def port(monkeypatch):
    """A server whose patience is short, on a port of its own."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.6)
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.6)
    monkeypatch.setattr(module, "RESPONSE_SECONDS", 0.6)
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(module.RequestHandler, "log", lambda *_: None)
    app = Flask("test")
    app.config["MAX_CONTENT_LENGTH"] = 2**16

    @app.post("/length")
    def length():
        return str(len(request.get_data()))

    @app.get("/large")
    def large():
        return bytes(2**25)

    server = module.EditorServer("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join(5)


def asked(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", "/length", b"12345")
    response = connection.getresponse()
    return response.status, response.read()


def seconds_until_closed(client, drip=b""):
    """How long the server leaves a connection open to which a byte is sent now and then."""
    began = time.monotonic()
    client.settimeout(0.05)
    while time.monotonic() - began < 8:
        with contextlib.suppress(TimeoutError):
            try:
                if drip:
                    client.sendall(drip)
                if not client.recv(4096):
                    break
            except (ConnectionError, BrokenPipeError):
                break
    return time.monotonic() - began


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def test_requests_are_served_and_connections_stay_open(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    for _ in range(3):
        connection.request("POST", "/length", b"12345")
        assert connection.getresponse().read() == b"5"


@pytest.mark.parametrize(
    "begun", [b"", b"POST /le", REQUEST, REQUEST + b"12"], ids=["silent", "line", "body", "byte"]
)
def test_silent_clients_are_ended(port, begun):
    with connect(port) as client:
        client.sendall(begun)
        assert 0.3 < seconds_until_closed(client) < 4


@pytest.mark.parametrize("begun", [b"", b"POST / HTTP/1.1\r\nX: "], ids=["line", "header"])
def test_dripping_clients_are_ended(port, begun):
    with connect(port) as client:
        client.sendall(begun)
        assert seconds_until_closed(client, drip=b"a") < 4


def test_clients_that_do_not_read_are_ended(port):
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(connect(port))
            client.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        served_again(port)


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="Linux only")
def test_clients_that_send_too_much_leave_no_file_open(port):
    before = len(list(OPEN_FILES.iterdir()))
    gc.disable()  # which would close what nobody else does
    try:
        for _ in range(2):
            with connect(port) as client:
                client.sendall(REQUEST + b"12345" + b"x" * 50_000)
                seconds_until_closed(client)
        served_again(port)
        for _ in range(50):
            if len(list(OPEN_FILES.iterdir())) <= before:
                break
            time.sleep(0.1)
        assert len(list(OPEN_FILES.iterdir())) <= before
    finally:
        gc.enable()


def test_a_body_that_is_refused_is_told_so(port):
    with connect(port) as client:
        client.sendall(REQUEST.replace(b"Length: 5", b"Length: 300000") + b"x" * 300_000)
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def served_again(port):
    """Wait until connections are taken once more."""
    for _ in range(80):
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            if asked(port) == (200, b"5"):
                return
        time.sleep(0.1)
    pytest.fail("the places are still taken")


def test_connections_beyond_the_bound_are_told_and_later_ones_served(port):
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(connect(port))
        time.sleep(0.2)
        with connect(port) as client:
            assert client.recv(100).startswith(b"HTTP/1.1 503 ")
    served_again(port)


def test_an_occupied_port_is_an_error(port):
    with pytest.raises((OSError, SystemExit)):
        module.EditorServer("127.0.0.1", port, Flask("other"))
