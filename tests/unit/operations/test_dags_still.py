"""What `up` delivers is what was there when it began."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.errors import UsageError
from airstrip.operations.dags_still import still_dags
from airstrip.spec import Spec
from airstrip.spec.resolved import Dags


@pytest.mark.parametrize("way", ["pushed", "baked", "live"])
def test_a_save_after_the_beginning_is_not_delivered(tmp_path: Path, way: str) -> None:
    ways = {
        "pushed": Dags(path=tmp_path, pushed=True),
        "baked": Dags(baked=tmp_path, in_image=True),
        "live": Dags(path=tmp_path),
    }
    file = tmp_path / "a.py"
    file.write_text("one")
    with still_dags(cast(Spec, SimpleNamespace(dags=ways[way]))) as dags:
        assert dags
        file.write_text("two")
        # A live folder, which Airflow reads itself, is copied for whoever checks it.
        assert (dags.known / "a.py").read_text() == ("two" if way == "live" else "one")
        assert (dags.files / "a.py").read_text() == ("two" if way == "live" else "one")
        file.write_text("three")
        assert (dags.known / "a.py").read_text() == ("two" if way == "live" else "one")
        assert dags.folder == tmp_path


def test_what_was_saved_since_the_folder_was_looked_at_is_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "away.py").symlink_to("/etc/hostname")
    with (
        pytest.raises(UsageError, match=f"{tmp_path} cannot be sent to the deployment: 1 problem"),
        still_dags(cast(Spec, SimpleNamespace(dags=Dags(path=tmp_path, pushed=True)))),
    ):
        pass


@pytest.mark.parametrize("dags", [Dags(), Dags(pushed=True), Dags(path=Path("/nowhere/at/all"))])
def test_without_a_folder_there_is_nothing_to_hold(dags: Dags) -> None:
    with still_dags(cast(Spec, SimpleNamespace(dags=dags))) as found:
        assert found is None
