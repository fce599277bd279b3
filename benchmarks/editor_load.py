"""The editor under load: many clients at once, slow and malformed ones among them.

    python -m benchmarks.editor_load [RECIPE] --clients 50 --minutes 10 --slow 5 --malformed 5     # after `make run`

Starts `python -m pipelines explore` on a free port. Each client has an address of its own (127.0.0.2 and so on), for
the editor bounds the requests of each, and sends one request after the other: edits, strips, grids, pictures; now and
then it leaves before the response. Malformed clients send what no page sends. Slow ones are silent, send a byte now and
then, or do not read what they asked for. Linux only, for /proc tells the server's memory, threads and open files.

Prints latencies in milliseconds, counts of responses, and the server over time. Exit status 1 where an ordinary client
got anything but a picture, a malformed request an internal error, a slow client was left alone, or memory, threads or
files of the server grew on.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.options import command_parser
from benchmarks.processes import process_memory
from benchmarks.tables import print_columns

HEADERS = {"X-Tlgan": "editor", "Content-Type": "application/json"}
ORDINARY = {"draw": 80, "strip": 8, "grid": 4, "picture.png": 4, "latent.npy": 2, "run": 2}  # shares
LEAVING = 0.02  # share of requests whose response nobody waits for
PATIENCE = 120.0  # seconds that a response, or the end of a slow connection, may take
MOST_GROWTH = 32.0  # MiB in the second half
SAMPLES = 20  # of memory, threads and files
WIDTHS = (14, 11, 11, 11, 11)


@dataclass(frozen=True)
class Server:
    """An editor that runs: its port, the number of its process, names of its axes and methods of edits."""

    port: int
    process: int
    axes: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True)
class ServerState:
    """The server at one moment: seconds since the start, memory in MiB, threads and open files."""

    seconds: float
    memory: float
    threads: int
    files: int


@dataclass
class Tally:
    """What happened: milliseconds of ordinary requests, counts of responses, and states of the server."""

    milliseconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ordinary: Counter[str] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    slow: Counter[str] = field(default_factory=Counter)
    states: list[ServerState] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Sentences on what should not have happened."""
        bad = [
            f"ordinary clients: {count} × {kind}"
            for kind, count in self.ordinary.items()
            if kind not in USUAL
        ]
        bad += [
            f"malformed: {count} × {kind}"
            for kind, count in self.malformed.items()
            if not kind.startswith("4")
        ]
        bad += [f"slow clients: {count} × {kind}" for kind, count in self.slow.items() if kind == STILL_OPEN]
        first, middle, last = self.states[0], self.states[len(self.states) // 2], self.states[-1]
        if last.memory > middle.memory + MOST_GROWTH:
            bad.append(f"memory grew by {last.memory - middle.memory:.0f} MiB in the second half")
        if last.threads > first.threads + THREADS_MORE or last.files > first.files + THREADS_MORE:
            bad.append(f"{last.threads - first.threads} threads and {last.files - first.files} files stayed")
        return bad


USUAL = ("200", "left")
STILL_OPEN = "still open"
THREADS_MORE = 8  # pools of the libraries that begin with the first requests


def server_state(process: int, began: float) -> ServerState:
    """Memory, threads and open files of a process."""
    folder = f"/proc/{process}"
    threads, files = len(os.listdir(f"{folder}/task")), len(os.listdir(f"{folder}/fd"))
    return ServerState(time.monotonic() - began, process_memory("RssAnon", process), threads, files)


@contextlib.contextmanager
def editor_of(recipe: str) -> Iterator[Server]:
    """Start the editor's command on a finished run; end it with the block."""
    command = [sys.executable, "-m", "pipelines", "explore", recipe, "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line)
                if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                    break
            else:
                raise SystemExit("".join(lines) or "the editor did not start")
            port = int(found[1])
            threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True).start()
            yield describe_server(port, process.pid)
        finally:
            process.terminate()


def describe_server(port: int, process: int) -> Server:
    """What an editor says of its run."""
    status, content = ask(_connect(port, 0), "GET", "/api/run")
    if status != 200:
        raise SystemExit(f"/api/run: {status}")
    run = json.loads(content)
    return Server(port, process, tuple(axis["name"] for axis in run["axes"]), tuple(run["methods"]))


def _connect(port: int, number: int) -> http.client.HTTPConnection:
    """A connection from the address of a client; 0 is this machine's own."""
    source = (f"127.0.{number // 250}.{number % 250 + 1}", 0)
    return http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=source)


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, content: Any = None
) -> tuple[int, bytes]:
    """Send a request on a connection; status and body of the response."""
    body = content if content is None or isinstance(content, bytes) else json.dumps(content).encode()
    connection.request(method, path, body, HEADERS)
    response = connection.getresponse()
    return response.status, response.read()


def ordinary_content(kind: str, server: Server, page: str, ticket: int, choose: random.Random) -> Any:
    """A request as a page sends it, of a face and an edit by chance."""
    if kind == "run":
        return None
    names = choose.sample(server.axes, min(len(server.axes), choose.randint(0, 2)))
    state = {
        "start": {"seed": choose.randrange(2**32)},
        "changes": {name: choose.uniform(-0.5, 0.5) for name in names},
        "method": choose.choice(server.methods),
    }
    content: dict[str, Any] = {"state": state, "page": page, "ticket": ticket}
    if kind == "strip":
        return content | {"axis": choose.choice(server.axes)}
    if kind == "grid":
        return content | {"seeds": [choose.randrange(2**32) for _ in range(4)]}
    return content


def malformed_request(axes: Sequence[str], choose: random.Random) -> tuple[str, str, Any]:
    """Method, path and body of a request that no page sends; none of them is to be answered with a picture."""
    state: dict[str, Any] = {"start": {"seed": 1}}
    bodies = (
        *(
            b"",
            b"{",
            b"[" * 30_000,
            b'{"a":' * 9_000,
            b'{"ticket":' + b"9" * 5_000 + b"}",
            b"\xff\xfe",
            b"null",
        ),
        *({"state": state | {"changes": {axes[0]: change}}} for change in (1e300, "1", None, [], True)),
        *({"state": {"start": start}} for start in ({"seed": -1}, {"seed": 1.5}, {"latent": "AAAA"}, {}, [])),
        {"state": state | {"unknown": 1}},
        {"state": state | {"changes": {"\ud800": 1}}},
        {"state": state | {"method": "\0"}},
        choose.randbytes(choose.randrange(200)),
        b"x" * 70_000,
    )
    others = (
        ("GET", "/static/..%2f..%2fapp.py", None),
        ("GET", "/" + "a" * 5_000, None),
        ("PUT", "/api/draw", b"{}"),
        ("DELETE", "/api/gallery/..%2f..", None),
        *(("POST", "/api/draw", {"state": state, key: []}) for key in ("ticket", "page")),
        ("POST", "/api/strip", {"state": state, "axis": ["x"]}),
        ("POST", "/api/grid", {"state": state, "seeds": list(range(9))}),
        ("POST", "/api/animation", {"state": state, "kind": []}),
        ("POST", "/api/gallery", {"state": state, "title": "a\nb" * 99}),
    )
    if choose.random() < 0.3:
        return choose.choice(others)
    return "POST", choose.choice(("/api/draw", "/api/picture.png", "/api/latent.npy")), choose.choice(bodies)


def be_ordinary(server: Server, number: int, pause: float, tally: Tally, end: threading.Event) -> None:
    """Send requests as a page does, until the end."""
    choose, connection, ticket = random.Random(number), _connect(server.port, number), 0
    while not end.wait(choose.uniform(0, 2 * pause)):
        (kind,) = choose.choices(list(ORDINARY), list(ORDINARY.values()))
        ticket += 1
        content = ordinary_content(kind, server, f"page {number}", ticket, choose)
        began = time.monotonic()
        try:
            if choose.random() < LEAVING:
                connection.request("POST", "/api/draw", json.dumps(content), HEADERS)
                time.sleep(choose.uniform(0, 0.1))
                connection.close()
                tally.ordinary["left"] += 1
                continue
            status, _ = ask(connection, "GET" if content is None else "POST", f"/api/{kind}", content)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            tally.ordinary[type(error).__name__] += 1
            continue
        tally.ordinary[str(status)] += 1
        if status == 200:
            tally.milliseconds[kind].append(1000 * (time.monotonic() - began))


def be_malformed(server: Server, number: int, pause: float, tally: Tally, end: threading.Event) -> None:
    """Send what no page sends, until the end."""
    choose = random.Random(number)
    while not end.wait(choose.uniform(0, 2 * pause)):
        with contextlib.closing(_connect(server.port, number)) as connection:
            try:
                status, _ = ask(connection, *malformed_request(server.axes, choose))
                tally.malformed[str(status)] += 1
            except (ConnectionError, http.client.HTTPException):  # refused before its body was read
                tally.malformed["4xx, connection closed"] += 1
            except OSError as error:
                tally.malformed[type(error).__name__] += 1


def be_slow(server: Server, number: int, pause: float, tally: Tally, end: threading.Event) -> None:
    """Hold connections without a use until the server ends them."""
    choose = random.Random(number)
    while not end.wait(choose.uniform(0, 2 * pause)):
        kind = choose.choice(("silent", "dripping", "not reading"))
        with contextlib.suppress(ConnectionError), socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.bind((f"127.0.{number // 250}.{number % 250 + 1}", 0))
            client.connect(("127.0.0.1", server.port))
            client.settimeout(0.5)
            if _is_ended(client, kind, end):
                tally.slow[f"{kind}: ended"] += 1
            elif not end.is_set():
                tally.slow[STILL_OPEN] += 1


def _is_ended(client: socket.socket, kind: str, end: threading.Event) -> bool:
    """Whether the server ends a connection before patience does."""
    began = time.monotonic()
    request = b"GET /static/editor.js HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: "
    try:
        if kind == "not reading":
            client.sendall((request + b"x\r\n\r\n") * 200)
        while time.monotonic() - began < PATIENCE and not end.wait(0.5):
            if kind == "not reading":
                client.sendall(b"\r\n")
                continue
            if kind == "dripping":
                client.sendall(request[:1])
            with contextlib.suppress(TimeoutError):
                if not client.recv(4096):
                    return True
    except TimeoutError:  # its buffers are full: the server reads no more
        while time.monotonic() - began < PATIENCE and not end.wait(0.5):
            with contextlib.suppress(TimeoutError):
                try:
                    client.send(b"\r\n")
                except ConnectionError:
                    return True
    except ConnectionError:
        return True
    return False


def load(server: Server, clients: int, slow: int, malformed: int, seconds: float, pause: float) -> Tally:
    """Let all clients at a server for so many seconds.

    Parameters
    ----------
    server : Server
    clients, slow, malformed : int
        How many of each.
    pause : float
        Seconds between two requests of a client, on average.
    """
    tally, end, began = Tally(), threading.Event(), time.monotonic()
    tally.states.append(server_state(server.process, began))
    kinds = [be_ordinary] * clients + [be_slow] * slow + [be_malformed] * malformed
    threads = [
        threading.Thread(target=kind, args=(server, number, pause, tally, end), daemon=True)
        for number, kind in enumerate(kinds, start=1)
    ]
    for thread in threads:
        thread.start()
    for _ in range(SAMPLES):
        time.sleep(seconds / SAMPLES)
        tally.states.append(server_state(server.process, began))
    end.set()
    for thread in threads:
        thread.join(PATIENCE)
    time.sleep(min(2.0, seconds))  # connections end
    tally.states.append(server_state(server.process, began))
    return tally


def print_tally(tally: Tally) -> None:
    """Print latencies, responses and the server's states."""
    print_columns(("request", "count", "median ms", "95th ms", "longest ms"), WIDTHS)
    for kind, times in sorted(tally.milliseconds.items()):
        cells = (f"{np.percentile(times, share):.0f}" for share in (50, 95, 100))
        print_columns((kind, str(len(times)), *cells), WIDTHS)
    for name in ("ordinary", "malformed", "slow"):
        counts = sorted(getattr(tally, name).items())
        print(f"{name}: " + (", ".join(f"{count} × {kind}" for kind, count in counts) or "none"))
    print_columns(("server", "seconds", "MiB", "threads", "files"), WIDTHS)
    middle = len(tally.states) // 2
    for name, place in (
        ("start", 0),
        ("first samples", 2),
        ("middle", middle),
        ("end", -2),
        ("afterwards", -1),
    ):
        state = tally.states[place]
        cells = (f"{state.seconds:.0f}", f"{state.memory:.0f}", str(state.threads), str(state.files))
        print_columns((name, *cells), WIDTHS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 1 where something should not have happened."""
    parser = command_parser("editor_load", __doc__)
    parser.add_argument("recipe", nargs="?", default="celeba64")
    parser.add_argument("--clients", type=int, default=50, help="ordinary clients")
    parser.add_argument("--slow", type=int, default=5, help="slow clients, beside them")
    parser.add_argument("--malformed", type=int, default=5, help="malformed clients, beside them")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two requests of a client")
    options = parser.parse_args(arguments)
    with editor_of(options.recipe) as server:
        for _ in range(3):  # networks are compiled for what the first requests ask
            ask(_connect(server.port, 0), "POST", "/api/draw", {"state": {"start": {"seed": 0}}})
        counts = (options.clients, options.slow, options.malformed)
        tally = load(server, *counts, 60 * options.minutes, options.pause)
    print_tally(tally)
    for problem in tally.problems():
        print(f"Wrong: {problem}")
    return int(bool(tally.problems()))


if __name__ == "__main__":
    sys.exit(main())
