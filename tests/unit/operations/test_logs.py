"""A component's log: no pod, one, or several at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError
from airstrip.operations import Session, component_logs
from airstrip.operations.merge import merge

SECONDS = 10.0


@dataclass
class Pods:
    """Pods by name with what each says; one that says `...` is silent from there on until it is told to stop."""

    said: dict[str, list[str]]
    silent: threading.Event = field(default_factory=threading.Event)
    ended: list[str] = field(default_factory=list)

    def session(self) -> Session:
        spec = SimpleNamespace(name="air", namespaces=SimpleNamespace(control="air"))
        return cast("Session", SimpleNamespace(spec=spec, cluster=self))

    def list(self, *_: object, **__: object) -> list[dict[str, Any]]:
        return [{"metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"}} for name in self.said]

    def logs(self, _: object, pod: str, *, follow: bool, stop: threading.Event, **__: object) -> Iterator[str]:
        for line in self.said[pod]:
            if line == "..." and follow:
                assert stop.wait(SECONDS), "nobody told it to stop"
            elif line == "!":
                raise AirstripError("x.y", "it broke")
            else:
                yield line
        self.ended.append(pod)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterator[str]]:
    def read(pods: Pods, *, follow: bool) -> Iterator[str]:
        monkeypatch.setattr(import_module("airstrip.operations.logs"), "pod_logs", pods.logs)
        return component_logs(pods.session(), "scheduler", follow=follow)

    return read


@pytest.mark.parametrize("follow", [False, True])
def test_a_component_without_a_pod_is_an_error(read: Callable[..., Iterator[str]], follow: bool) -> None:
    with pytest.raises(AirstripError) as raised:
        list(read(Pods({}), follow=follow))
    assert raised.value.code == "logs.no-pod"


@pytest.mark.parametrize("follow", [False, True])
def test_one_pod_needs_no_name(read: Callable[..., Iterator[str]], follow: bool) -> None:
    assert list(read(Pods({"a": ["one", "two"]}), follow=follow)) == ["one", "two"]


def test_several_pods_are_told_apart(read: Callable[..., Iterator[str]]) -> None:
    assert list(read(Pods({"a": ["one"], "b": ["two"]}), follow=False)) == ["a | one", "b | two"]


def test_several_pods_are_followed_at_once(read: Callable[..., Iterator[str]]) -> None:
    pods = Pods({"a": ["one", "..."], "b": ["two", "three", "..."]})
    lines = read(pods, follow=True)
    assert sorted(next(lines) for _ in range(3)) == ["a | one", "b | three", "b | two"]
    before = {thread for thread in threading.enumerate() if thread.daemon}
    cast("Any", lines).close()
    for thread in before:
        thread.join(SECONDS)
    assert sorted(pods.ended) == ["a", "b"]


def test_the_end_of_all_is_the_end(read: Callable[..., Iterator[str]]) -> None:
    assert sorted(read(Pods({"a": ["one"], "b": []}), follow=True)) == ["a | one"]


def test_what_ends_one_ends_all(read: Callable[..., Iterator[str]]) -> None:
    with pytest.raises(AirstripError, match="it broke"):
        list(read(Pods({"a": ["one", "..."], "b": ["!"]}), follow=True))


def test_who_does_not_read_is_waited_for_and_then_left() -> None:
    stop = threading.Event()
    produced: list[int] = []

    def numbers() -> Iterator[str]:
        for number in range(5000):
            produced.append(number)
            yield str(number)

    before = set(threading.enumerate())
    lines = merge([numbers()], stop)
    assert next(lines) == "0"
    (reader,) = set(threading.enumerate()) - before
    cast("Any", lines).close()
    reader.join(SECONDS)
    assert not reader.is_alive()
    assert len(produced) < 5000
