"""Rules on what Airflow refuses of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airstrip.dags.defects import Match, Rule
from airstrip.dags.facts import Facts, ParsedFile, ParseError
from airstrip.dags.failed_imports import (
    MOVED,
    explanation,
    instead,
    is_of_module,
    missing_module,
    moved,
    sentence,
    whole_name,
)
from airstrip.providers import PROVIDER, provider_package

BUILT_IN = "airstrip"
_NOT_FOUND = re.compile(r"VARIABLE_NOT_FOUND.*'message': 'Variable (?P<name>.+) not found'")
_NO_PROJECT = re.compile(r"There is no project '(?P<name>[^']+)' in this deployment, which has: (?P<known>[^.]+)\.")
"""As airstrip_pods says it."""
_NOT_READ = ("SyntaxError:", "IndentationError:", "TabError:")
_PLACE = re.compile(r'File "([^"]+)", line')
_SECONDS = re.compile(r"(?:after|within) ([\d.]+) ?s")
_EVIDENCE_LINES = 8


def errors(facts: Facts) -> Iterator[tuple[ParsedFile, ParseError]]:
    for file in facts.parsed.files:
        if file.bundle != BUILT_IN:
            yield from ((file, error) for error in file.errors)


def _match(error: ParseError, line: int | None = None, **fields: str) -> Match:
    return Match(("error", error.file), error.file, line or error.line, fields, _evidence(error))


def _evidence(error: ParseError) -> str:
    """The stack trace from the file on, of a long one its last lines; nothing where there is only a sentence."""
    lines = error.text.strip().splitlines()
    begin = next((index for index, line in enumerate(lines) if f'/{error.file}", line ' in line), 0)
    return "\n".join(lines[begin:][-_EVIDENCE_LINES:]) if len(lines) > 1 else ""


def _of_kind(kind: str, facts: Facts) -> Iterator[Match]:
    for _, error in errors(facts):
        if error.kind == kind:
            yield _match(error, text=sentence(error.last_line))


def _timeouts(facts: Facts) -> Iterator[Match]:
    """Airflow's own limit for an import, or that for a file as a whole."""
    for _, error in errors(facts):
        if error.kind == "timeout":
            seconds = _SECONDS.search(error.text)
            yield _match(
                error, text=f"It was not read within {seconds[1]} s." if seconds else sentence(error.last_line)
            )


def _loops(facts: Facts) -> Iterator[Match]:
    for _, error in errors(facts):
        if error.kind == "loop":
            yield _match(error, folder="the folder itself" if error.text == "." else f"{error.text}/")


def _unknown_variables(facts: Facts) -> Iterator[Match]:
    """Its value was not given to it: what it would have made of it cannot be said."""
    for file, error in errors(facts):
        for asked in file.asked if _may_be_of_a_value(error) else ():
            if not asked.given and not _is_known_to_be_missing(asked.kind, asked.name, facts):
                yield _match(error, what=f"the {asked.kind} {asked.name}")


def _may_be_of_a_value(error: ParseError) -> bool:
    """No value mends a file that Python cannot read, or a module or project that stands in a file and is not there."""
    if missing_module(error) or _NO_PROJECT.search(error.last_line):
        return not error.is_written
    if error.last_line.startswith(_NOT_READ):
        # What was read may be no file, but a text that the file made of a value: Python calls it <unknown> or <string>.
        return any(place.startswith("<") for place in _PLACE.findall(error.text)[-1:])
    return not error.last_line.startswith("ImportError:")


def _not_mounted(facts: Facts) -> Iterator[Match]:
    for _, error in errors(facts):
        for mount in facts.mounts:
            if error.kind == "import" and re.search(rf"(?<![\w./-]){re.escape(mount)}(?![\w.-])", error.last_line):
                yield _match(error, mount=mount, text=sentence(error.last_line))


def _missing_variables(facts: Facts) -> Iterator[Match]:
    for _, error in errors(facts):
        if found := _NOT_FOUND.search(error.text):
            yield _match(error, name=found["name"])


def _missing_projects(facts: Facts) -> Iterator[Match]:
    for _, error in errors(facts):
        if found := _NO_PROJECT.search(error.last_line):
            yield _match(error, name=found["name"], known=found["known"])


def _is_known_to_be_missing(kind: str, name: str, facts: Facts) -> bool:
    known = facts.known.variables if kind == "variable" else facts.known.connections
    return known is not None and name not in known and not facts.parsed.has_backend


def _removed(facts: Facts) -> Iterator[Match]:
    for _, error in errors(facts):
        if removed := explanation(error, facts):
            # Ruff tells of an import where what it brings is used.
            line = error.line if is_of_module(removed, error) else removed.line
            yield _match(error, line, what=removed.what, instead=instead(removed))


def _moved(facts: Facts) -> Iterator[Match]:
    for error, module in _modules(facts):
        if module.startswith(MOVED):
            yield _match(error, module=whole_name(error, module), instead=moved(error, module))


def _missing_provider(facts: Facts) -> Iterator[Match]:
    for error, module in _modules(facts):
        if module.startswith(PROVIDER):
            yield _match(error, module=module, package=provider_package(module))


def _missing_package(facts: Facts) -> Iterator[Match]:
    for error, module in _modules(facts):
        yield _match(error, module=module)


def _import_error(facts: Facts) -> Iterator[Match]:
    for _, error in errors(facts):
        yield _match(error, text=sentence(error.last_line))


def _modules(facts: Facts) -> Iterator[tuple[ParseError, str]]:
    for _, error in errors(facts):
        if module := missing_module(error):
            yield error, module


def _pointers(facts: Facts, *, of_dags: bool) -> Iterator[Match]:
    """Airflow looks into files of Python but those that .airflowignore names; a .zip may be data as well as DAGs."""
    for file in facts.pointers:
        if (file in facts.parsed.pointers) is of_dags:
            yield Match(("pointer", file), file, None, {})


FILE_RULES: tuple[Rule, ...] = (
    Rule(
        "dags.link-loop",
        "Airflow's DAG processor ends at this link, and all DAGs go",
        "It leads to {folder}, which is in the folder of DAGs too: Airflow takes one that it meets twice for a loop.",
        "Take the link away, or name it in .airflowignore; import what it is for from where it is.",
        _loops,
    ),
    Rule(
        "dags.not-walked",
        "Airflow cannot look through the folder: its DAG processor ends, and all DAGs go",
        "{text}",
        "Mend what is named there, such as a pattern in .airflowignore; then: ./airstrip dags check",
        lambda facts: _of_kind("walk", facts),
    ),
    Rule(
        "dags.lfs-pointer",
        "it is git LFS's pointer, not the file: Airflow passes it over without a word, with the DAGs that it has",
        "What it stands for was not fetched: there is no git-lfs here, or where DAGs are cloned.",
        "Keep DAG files out of git LFS: git lfs untrack, git add --renormalize; of a folder here: git lfs pull.",
        lambda facts: _pointers(facts, of_dags=True),
    ),
    Rule(
        "dags.lfs-pointer",
        "it is git LFS's pointer, not the file: a task, or Airflow of an archive of DAGs, reads three lines of text",
        "What it stands for was not fetched: there is no git-lfs here, or where DAGs are cloned.",
        "Keep data in a project's data, not beside DAG files; of a folder here: git lfs pull.",
        lambda facts: _pointers(facts, of_dags=False),
        level="warning",
    ),
    Rule(
        "dags.cycle",
        "its tasks wait for each other",
        "{text}",
        "Take one of the dependencies away.",
        lambda facts: _of_kind("cycle", facts),
    ),
    Rule(
        "dags.parse-timeout",
        "it takes too long to be read",
        "{text} Airflow reads each file again and again, and gives up as well.",
        "Move what it does at its top level, such as queries, into tasks.",
        _timeouts,
    ),
    Rule(
        "dags.parse-crash",
        "it ends the process that reads it",
        "{text}",
        "Look for what ends Python: os._exit, a crash in a compiled module, more memory than it may have.",
        lambda facts: _of_kind("crash", facts),
    ),
    Rule(
        "dags.removed",
        "it cannot be imported: {what}",
        "It was written for an earlier Airflow.",
        "{instead}",
        _removed,
    ),
    Rule(
        "dags.not-checked",
        "it was not checked: it asks for {what} while it is read",
        "Its value is a secret, or is not known before Airflow runs; without it nothing can be said of the file.",
        "Ask for it within a task, or in a template. Airflow itself reads the file with it.",
        _unknown_variables,
        level="warning",
    ),
    Rule(
        "dags.removed",
        "it cannot be imported: Airflow 3 has no {module}",
        "What it held has moved into provider packages, or was taken out.",
        "{instead}",
        _moved,
    ),
    Rule(
        "dags.missing-provider",
        "it cannot be imported: the image lacks {module}",
        "The provider that brings this module is not installed.",
        "Add {package} to image.requirements in the file, then run: ./airstrip up",
        _missing_provider,
    ),
    Rule(
        "dags.missing-package",
        "it cannot be imported: there is no module {module}",
        "The package that brings it is not in the image, or a module of your own is not in the DAGs folder.",
        "Add the package to image.requirements in the file and run ./airstrip up; or put the module beside the file.",
        _missing_package,
    ),
    Rule(
        "dags.missing-project",
        "there is no project {name}, which it asks for",
        "The deployment has: {known}.",
        "Correct its name, or add it: ./airstrip project add {name}; one of the file is there after: ./airstrip up",
        _missing_projects,
    ),
    Rule(
        "dags.not-checked",
        "it was not checked: it asks Airflow's database while it is read",
        "The check has no database; without it nothing can be said of the file.",
        "Ask within a task, through Airflow's API.",
        lambda facts: _of_kind("database", facts),
        level="warning",
    ),
    Rule(
        "dags.not-checked",
        "it was not checked: it reads {mount} while it is read, which the check does not have",
        "The DAG processor mounts it, and the check mounts no volumes of the file's. {text}",
        "Read it within a task. Airflow itself reads the file with it.",
        _not_mounted,
        level="warning",
    ),
    Rule(
        "dags.missing-variable",
        "it cannot be imported: Airflow has no variable {name}",
        "It asks for it while it is read, and gives no default.",
        "Add it in Airflow under Admin, Variables; or write Variable.get({name!r}, default=...).",
        _missing_variables,
    ),
    Rule(
        "dags.import-error",
        "it cannot be imported",
        "{text}",
        "Mend the file, then check it again: ./airstrip dags check",
        _import_error,
    ),
)
"""One of them for each error: the first that knows its cause."""
