"""The programs of Airstrip's one-node Kubernetes, compiled; nothing here runs them."""

from pathlib import Path


def bin_dir() -> Path:
    """The folder of the programs; `build.json` and `licences/` in it say what they are made of."""
    return Path(__file__).parent / "bin"
