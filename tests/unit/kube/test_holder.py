from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from airstrip.kube.holder import Holder


def test_a_holder_is_read_back() -> None:
    here = Holder.this_process()
    assert Holder.parse(str(here)) == here
    assert Holder.parse("kubectl") is None


def test_this_process_lives_and_one_that_ended_does_not() -> None:
    here = Holder.this_process()
    assert not here.is_dead
    script = "from airstrip.kube.holder import Holder; print(Holder.this_process())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    ended = Holder.parse(done.stdout.strip())
    assert ended is not None
    assert ended.is_dead


def test_a_pid_that_came_again_is_not_the_holder() -> None:
    assert replace(Holder.this_process(), started="1").is_dead


def test_a_process_elsewhere_is_never_judged() -> None:
    assert not replace(Holder.this_process(), pid=2**30, space="another-kernel:1").is_dead
    assert not replace(Holder.this_process(), pid=2**30, space="-").is_dead
