"""A replica: the real server process, as the image starts it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APP = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a replica answered, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Replica:
    """Starts gunicorn with an environment; use it as a context manager."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self.port = int(environment["PORT"])

    def __enter__(self) -> Replica:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        command = [sys.executable, "-m", "gunicorn", "-c", str(APP / "gunicorn.conf.py"), "medassist_api.wsgi:app"]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=APP, env=kept | self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                if self.request("GET", "/health").status == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the replica did not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.05)

    def terminate(self) -> None:
        """Ask the process to leave, as the engine does."""
        self.process.send_signal(signal.SIGTERM)

    def restart(self) -> None:
        """Leave and start again."""
        self.terminate()
        assert self.process.wait(20) == 0
        self.start()

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        started = time.monotonic()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return Answer(response.status, dict(response.getheaders()), content, time.monotonic() - started)

    def get(self, path: str) -> Answer:
        """A GET."""
        return self.request("GET", path)

    def pay(self, key: str, order: Any, **headers: str) -> Answer:
        """A payment."""
        given = {"Content-Type": "application/json", "Idempotency-Key": key} | headers
        return self.request("POST", "/api/payment", json.dumps(order).encode(), given)

    def log_text(self) -> str:
        """Everything that the process wrote."""
        return self._log.read_text(encoding="utf-8")

    def log_lines(self) -> list[dict[str, Any]]:
        """The same, parsed: every line must be JSON."""
        return [json.loads(line) for line in self.log_text().splitlines()]

    def requests_logged(self) -> list[dict[str, Any]]:
        """The lines of requests."""
        return [line for line in self.log_lines() if line["message"] == "request"]
