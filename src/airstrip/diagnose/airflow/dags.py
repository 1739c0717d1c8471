"""DAG files that Airflow cannot read or import."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airstrip.diagnose.airflow.facts import ImportErrorFact
from airstrip.diagnose.airflow.look import airflow, signs_of
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match, sentence
from airstrip.diagnose.rule import Rule
from airstrip.providers import PROVIDER, provider_package

_READ_SETTINGS = ("api-server", "scheduler", "triggerer", "migration")
"""The DAG processor's log tells of DAG files, which are findings of their own; a task's, of what the task imports."""
_NO_MODULE = re.compile(r"No module named '(?P<module>[\w.]+)'")


def _missing_provider(facts: Facts) -> Iterator[Match]:
    for error, module in _missing_modules(facts):
        if module.startswith(PROVIDER):
            fields = {"file": error.file, "module": module, "package": provider_package(module)}
            yield Match(_subject(error), fields, error.message)


def _missing_package(facts: Facts) -> Iterator[Match]:
    for error, module in _missing_modules(facts):
        if not module.startswith(PROVIDER):
            yield Match(_subject(error), {"file": error.file, "module": module}, error.message)


def _import_error(facts: Facts) -> Iterator[Match]:
    for error in airflow(facts).import_errors:
        said = sentence(error.message or "Airflow does not say why")
        yield Match(_subject(error), {"file": error.file, "message": said}, error.message)


def _provider_of_component(facts: Facts) -> Iterator[Match]:
    """A secrets backend, a log handler or an executor whose provider the image lacks."""
    for about, component, lines in signs_of(facts, "provider"):
        found = _NO_MODULE.search(lines[-1])
        if found and component in _READ_SETTINGS:
            module = found["module"]
            fields = {"component": component, "module": module, "package": provider_package(module)}
            yield Match(about, fields, "\n".join(lines))


def _missing_modules(facts: Facts) -> Iterator[tuple[ImportErrorFact, str]]:
    for error in airflow(facts).import_errors:
        found = _NO_MODULE.search(error.message)
        if found:
            yield error, found["module"]


def _subject(error: ImportErrorFact) -> str:
    return f"dag-file/{error.bundle}/{error.file}"


PROVIDER_RULES: tuple[Rule, ...] = (
    Rule(
        "image.missing-provider",
        "{component} ends because its image lacks {module}",
        "A setting names something of a provider that is not installed.",
        "Add {package} to image.requirements in the file, then run: ./airstrip up",
        _provider_of_component,
    ),
)
"""Among the causes: a component that lacks a module ends again and again."""

DAG_RULES: tuple[Rule, ...] = (
    Rule(
        "dags.missing-provider",
        "{file} cannot be imported: the image lacks {module}",
        "The provider that brings this module is not installed.",
        "Add {package} to image.requirements in the file, then run: ./airstrip up",
        _missing_provider,
    ),
    Rule(
        "dags.missing-package",
        "{file} cannot be imported: there is no module {module}",
        "The package that brings it is not in the image, or a module of your own is not in the DAGs folder.",
        "Add the package to image.requirements in the file and run ./airstrip up; or put the module beside the file.",
        _missing_package,
    ),
    Rule(
        "dags.import-error",
        "{file} cannot be imported",
        "{message}",
        "Mend the file: Airflow reads it again by itself. Until it can, ./airstrip status names it.",
        _import_error,
    ),
)
