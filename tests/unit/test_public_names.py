"""The public names: what a library user may import, and no more."""

from __future__ import annotations

import subprocess
import sys

import airstrip


def test_the_public_names() -> None:
    assert airstrip.__all__ == ["AirstripError", "Deployment", "Finding", "Node", "Result", "__version__"]
    for name in airstrip.__all__:
        assert getattr(airstrip, name) is not None
    assert not hasattr(airstrip, "Airstrip")


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, airstrip; print([name for name in sys.modules if name.startswith('airstrip.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['airstrip.version']"
