"""airflow_local_settings.py as Airflow imports it, with stand-ins for Kubernetes' models."""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

SOURCE = Path(str(files("airstrip.manifests"))) / "files" / "settings" / "airflow_local_settings.py"
PROVIDER = "airflow.providers.cncf.kubernetes.operators.pod"
IMAGE = "here/airflow@sha256:1"
Load = Callable[..., ModuleType]


class Model(SimpleNamespace):
    """A model of the kubernetes package: any field, None where it was not given."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def fake_models() -> types.ModuleType:
    models = types.ModuleType("kubernetes.client.models")
    for name in ("V1SecurityContext", "V1SeccompProfile", "V1Capabilities", "V1Pod", "V1PodSpec", "V1Container"):
        setattr(models, name, type(name, (Model,), {}))
    return models


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    models = fake_models()
    client = types.ModuleType("kubernetes.client")
    vars(client)["models"] = models
    package = types.ModuleType("kubernetes")
    vars(package)["client"] = client
    for module in (package, client, models):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return models


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: types.ModuleType) -> Load:
    """Imports the module in a deployment; `own` is the text of the deployment's own local settings."""
    monkeypatch.setenv("AIRSTRIP_AIRFLOW_IMAGE", IMAGE)
    monkeypatch.setenv("AIRSTRIP_PODS_SERVICE_ACCOUNT", "mine-pods")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", [str(SOURCE.parent), *sys.path])

    def load_module(own: str | None = None) -> ModuleType:
        if own is not None:
            (tmp_path / "config").mkdir()
            (tmp_path / "config" / "airflow_local_settings.py").write_text(own)
        spec = importlib.util.spec_from_file_location("airflow_local_settings", SOURCE)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_module


def operator(module: str, base: type = object) -> Any:
    return type("Operator", (base,), {"__module__": module, "executor_config": None})()
