"""An API server whose every message, and every log line, holds secrets."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.unit.diagnose.test_probes import kubeconfig

JWT = "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0abcd.c2lnbmF0dXJlLW9m"
KEPT = "correct-horse-battery"
"""What a Secret of the cluster holds."""
PLANTED = (
    f"tried postgresql://ada:hunter2@db/x with {JWT}, Authorization: Basic aHVudGVyMg==, password='hunter2',"
    f" AIRFLOW__CORE__FERNET_KEY=hunter2, AIRFLOW_CONN_DB=mysql://db/hunter2, and {KEPT}"
)
SECRETS = ("hunter2", JWT, "aHVudGVyMg==", KEPT)
HERE, CLOSED = "airflow", "airflow-workers"


def items(*found: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(found)}


SECRET = {"metadata": {"name": "s", "namespace": HERE}, "data": {"key": base64.b64encode(KEPT.encode()).decode()}}
ENDED = {"terminated": {"exitCode": 1, "reason": "Error", "message": PLANTED}}
POD = {
    "metadata": {"name": "p", "namespace": HERE, "creationTimestamp": "2026-01-01T00:00:00Z", "uid": "u"},
    "spec": {},
    "status": {
        "phase": "Failed",
        "message": PLANTED,
        "containerStatuses": [{"name": "main", "image": "i", "restartCount": 3, "state": ENDED, "lastState": ENDED}],
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": PLANTED}],
    },
}
EVENT = {
    "metadata": {"name": "e", "namespace": HERE},
    "involvedObject": {"kind": "Pod", "name": "p", "uid": "u"},
    "reason": "Failed",
    "message": PLANTED,
    "type": "Warning",
    "lastTimestamp": "2026-01-01T00:00:00Z",
}
JOB = {
    "metadata": {"name": "j", "namespace": HERE},
    "status": {"conditions": [{"type": "Failed", "status": "True", "message": PLANTED}]},
}
NODE = {
    "metadata": {"name": "n"},
    "status": {"conditions": [{"type": "Ready", "status": "False", "message": PLANTED}]},
}
ANSWERS: dict[str, Any] = {"secrets": SECRET, "pods": POD, "events": EVENT, "jobs": JOB, "nodes": NODE}


class _Server(ThreadingHTTPServer):
    """A dozen probes ask it at once."""

    request_queue_size = 100


class _Telling(BaseHTTPRequestHandler):
    """Of one namespace; the Secrets of another are forbidden."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("/log"):
            self._say(200, PLANTED.encode(), "text/plain")
        elif path.endswith(f"/{CLOSED}/secrets"):
            self._say(403, b'{"kind": "Status", "message": "no"}', "application/json")
        else:
            found = ANSWERS.get(path.rpartition("/")[2])
            own = [found] if found and ("/namespaces/" not in path or f"/{HERE}/" in path) else []
            document = {"gitVersion": "v1.35.4", **items(*own)}
            self._say(200, json.dumps(document).encode(), "application/json")

    def _say(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def telling_server(folder: Path) -> Iterator[Path]:
    """The kubeconfig that leads to it."""
    with _Server(("127.0.0.1", 0), _Telling) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kubeconfig(folder, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
