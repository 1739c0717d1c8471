"""Following a log: what is borne, for how long, and what ends it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from airstrip.errors import KubernetesError
from airstrip.kube import LEFT_OUT, Cluster, follow_pod_log, last_words, pod_log
from airstrip.kube.transport import Transport
from tests.unit.kube.test_transport import ACCESS, status

ENDED = httpx.Response(200, json={"status": {"phase": "Succeeded"}})
UNREACHABLE = httpx.ConnectError("Connection refused")
SILENT = httpx.ReadTimeout("timed out")
STARTING = status(400, "container is waiting to start")


@dataclass
class Clock:
    """Time passes when somebody waits; a silent stream takes half a minute."""

    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


class Stop(threading.Event):
    """Waits on the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.sleep(timeout or 0)
        return self.is_set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in ("logs", "transport"):
        stand_in = SimpleNamespace(sleep=clock.sleep, monotonic=clock.monotonic)
        monkeypatch.setattr(f"airstrip.kube.{module}.time", stand_in)
    return clock


def log(*lines: str) -> httpx.Response:
    return httpx.Response(200, text="".join(f"2026-11-21T00:00:0{line[0]}Z {line}\n" for line in lines))


def follow(clock: Clock, *answers: httpx.Response | Exception, stop: threading.Event | None = None) -> Any:
    """The last answer stays."""
    left = list(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        given = left.pop(0) if len(left) > 1 else left[0]
        if given is SILENT:
            clock.sleep(30)
        if isinstance(given, Exception):
            raise given
        return given

    cluster = Cluster(Transport(ACCESS, http=httpx.MockTransport(answer)))
    return follow_pod_log(cluster, "p", "n", container="c", stop=stop or Stop(clock))


def test_a_connection_that_breaks_is_taken_up_where_it_broke(clock: Clock) -> None:
    assert list(follow(clock, STARTING, UNREACHABLE, UNREACHABLE, log("1", "2"), ENDED)) == ["1", "2"]
    assert clock.now < 10


def test_a_silent_log_is_followed_on(clock: Clock) -> None:
    running = httpx.Response(
        200, json={"status": {"containerStatuses": [{"name": "c", "restartCount": 0, "state": {"running": {}}}]}}
    )
    answers = [step for _ in range(5) for step in (SILENT, log("1"), running)]
    assert list(follow(clock, *answers, log("1", "2"), ENDED)) == ["1", "2"]
    assert clock.now > 150


def test_a_pod_that_its_kubelet_has_not_heard_of_is_waited_for(clock: Clock) -> None:
    """The API server knows it, and hands on the kubelet's own 404."""
    created = httpx.Response(200, json={"status": {"phase": "Pending"}})
    unknown = status(404, 'pods "p" not found')
    assert list(follow(clock, unknown, created, unknown, created, log("1"), ENDED)) == ["1"]
    assert list(follow(clock, unknown)) == []


@pytest.mark.parametrize("failure", [UNREACHABLE, SILENT])
def test_a_cluster_that_stays_away_ends_it(clock: Clock, failure: Exception) -> None:
    with pytest.raises(KubernetesError) as raised:
        list(follow(clock, failure))
    assert raised.value.code in ("kubernetes.unreachable", "kubernetes.timeout")
    assert 30 <= clock.now < 100


def test_a_cluster_that_goes_away_after_a_log_ends_it(clock: Clock) -> None:
    with pytest.raises(KubernetesError, match="cannot be reached"):
        list(follow(clock, log("1"), UNREACHABLE))
    assert 30 <= clock.now < 100


def test_what_asking_again_does_not_mend_ends_it_at_once(clock: Clock) -> None:
    for failure in (KubernetesError("kubernetes.login-failed", "the plugin says no"), status(401), status(403)):
        with pytest.raises(KubernetesError):
            list(follow(clock, failure))
    assert clock.now == 0


def test_another_thread_ends_it(clock: Clock) -> None:
    stop = Stop(clock)
    lines = follow(clock, log("1"), STARTING, stop=stop)
    assert next(lines) == "1"
    stop.set()
    assert list(lines) == []


class Kubelet:
    """Has these lines, and counts bytes from the first of those that are asked for."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        self.asked: list[tuple[int, int]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        tail, most = int(request.url.params["tailLines"]), int(request.url.params["limitBytes"])
        self.asked.append((tail, most))
        text = "".join(f"{line}\n" for line in self.lines[-tail:])
        return httpx.Response(200, content=text.encode()[:most])

    def read(self, **more: Any) -> list[str]:
        cluster = Cluster(Transport(ACCESS, http=httpx.MockTransport(self)))
        return pod_log(cluster, "p", "n", container="c", **more)


def test_a_log_that_is_explained_is_asked_for_by_lines_and_bytes() -> None:
    kubelet = Kubelet("1", "2", "3")
    assert kubelet.read(tail=2) == ["2", "3"]
    assert kubelet.read() == ["1", "2", "3"]
    assert kubelet.asked == [(2, 1 << 20), (1000, 1 << 20)]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["x" * 90] * 30, ["x" * 90] * 2),
        (["x" * 900, "the end"], ["the end"]),
        (["before", "y" * 300], ["y" * 200]),
    ],
)
def test_of_long_lines_the_last_are_told_and_that_others_are_left_out(lines: list[str], told: list[str]) -> None:
    kubelet = Kubelet(*lines)
    assert kubelet.read(tail=20, most=200) == [LEFT_OUT, *told]
    assert len(kubelet.asked) <= 3


def test_last_words_are_bounded_too() -> None:
    kubelet = Kubelet("a", "b")
    cluster = Cluster(Transport(ACCESS, http=httpx.MockTransport(kubelet)))
    assert last_words(cluster, "p", "n", container="c", tail=1) == ["b"]
    assert kubelet.asked == [(1, 1 << 20)]
