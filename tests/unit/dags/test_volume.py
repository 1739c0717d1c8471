"""What is waited for, and how long, before a volume is written to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.dags import end_pods
from airstrip.errors import WaitTimeout
from airstrip.kube import Cluster


def test_a_pod_of_who_was_interrupted_is_waited_for_as_long_as_there_is_time() -> None:
    pods = {"Job": [], "Pod": [{"metadata": {"name": "stays"}}]}
    cluster = cast(Cluster, SimpleNamespace(list=lambda _, kind, *__, **___: pods[kind]))
    with pytest.raises(WaitTimeout, match="does not go from mine") as raised:
        end_pods(cluster, "mine", "a=b", 0.1)
    assert raised.value.code == "dags.pod-stays"
