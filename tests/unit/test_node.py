"""The facade of `airstrip node`: what a prune leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip import node, paths
from airstrip.errors import AirstripError
from airstrip.targets.local.node import LocalNode


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The parents of state and run folders; pruning itself does nothing."""
    own = (tmp_path / "state", tmp_path / "run")
    for folder in own:
        folder.mkdir()
    for module in (node, paths):
        monkeypatch.setattr(module, "OWN_FOLDERS", own)
    for name in ("AIRSTRIP_STATE_DIR", "AIRSTRIP_RUN_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(LocalNode, "prune", lambda *_, **__: ())
    monkeypatch.setattr(node.Node, "check_rights", lambda _: None)
    return own


def test_prune_of_everything_leaves_nothing(folders: tuple[Path, Path]) -> None:
    node.Node("flights").prune(everything=True)
    assert not any(folder.exists() for folder in folders)


def test_prune_of_everything_leaves_other_deployments_alone(folders: tuple[Path, Path]) -> None:
    (folders[0] / "other").mkdir()
    (folders[1] / "other.lock").touch()
    node.Node("flights").prune(everything=True)
    assert [path.name for folder in folders for path in folder.iterdir()] == ["other", "other.lock"]


@pytest.mark.parametrize(("everything", "what"), [(True, "image store and all of its data"), (False, "image store")])
def test_prune_asks_before_it_stops_or_locks_anything(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, everything: bool, what: str
) -> None:
    monkeypatch.delattr(LocalNode, "prune")
    questions: list[str] = []

    def refuse(question: str) -> bool:
        questions.append(question)
        return False

    with pytest.raises(AirstripError) as raised:
        node.Node("flights").prune(confirm=refuse, everything=everything)
    assert raised.value.code == "node.refused"
    assert questions == [f"Stop the node flights and delete its {what}?"]
    assert not any(file for folder in folders for file in folder.iterdir())


def test_prune_of_images_keeps_the_lock(folders: tuple[Path, Path]) -> None:
    node.Node("flights").prune()
    assert (folders[1] / "flights.lock").exists()
