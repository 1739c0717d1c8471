"""What Airflow's provider packages are called."""

from __future__ import annotations

PROVIDER = "airflow.providers."
"""What their modules' names begin with."""

# Provider packages whose names have two parts.
_FAMILIES = frozenset({"apache", "cncf", "common", "dbt", "microsoft", "atlassian"})


def provider_package(module: str) -> str:
    """What to install for `airflow.providers.cncf.kubernetes.operators.pod`: the package, as pip names it."""
    parts = module.removeprefix(PROVIDER).split(".")
    name = parts[:2] if parts[0] in _FAMILIES else parts[:1]
    return "apache-airflow-providers-" + "-".join(name)
