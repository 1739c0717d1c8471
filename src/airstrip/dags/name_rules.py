"""Rules on what DAGs name: each other's ids, and what must be there when their tasks run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airstrip.dags.defects import Match, Rule
from airstrip.dags.facts import Facts, ParsedDag, ParsedFile, Reference
from airstrip.dags.failed_imports import instead, is_told, sentence
from airstrip.dags.file_rules import BUILT_IN, errors
from airstrip.dags.removed import IN_TEMPLATES, Removed

_KINDS = {"config-map": "ConfigMap", "secret": "Secret"}
_BACKENDS = frozenset({"AIRFLOW__SECRETS__BACKEND", "AIRFLOW__WORKERS__SECRETS_BACKEND"})
_FEW = 3


def _dags(facts: Facts) -> Iterator[tuple[ParsedFile, ParsedDag]]:
    for file in facts.parsed.files:
        yield from ((file, dag) for dag in file.dags)


def _by_id(facts: Facts) -> dict[str, list[tuple[ParsedFile, ParsedDag]]]:
    places: dict[str, list[tuple[ParsedFile, ParsedDag]]] = {}
    for file, dag in _dags(facts):
        places.setdefault(dag.dag_id, []).append((file, dag))
    return places


def _definitions(found: Iterable[tuple[ParsedFile, ParsedDag]]) -> dict[tuple[str, str], tuple[ParsedFile, ParsedDag]]:
    """Where each of them is told: in the file that makes the DAG, else in the first one that imports it."""
    told: dict[tuple[str, str], tuple[ParsedFile, ParsedDag]] = {}
    for file, dag in sorted(found, key=lambda each: bool(each[1].made_in)):
        told.setdefault(_maker(file, dag), (file, dag))
    return told


def _maker(file: ParsedFile, dag: ParsedDag) -> tuple[str, str]:
    return file.bundle, dag.made_in or file.file


def _duplicates(facts: Facts) -> Iterator[Match]:
    """Of two files each is told, the built-in ones excepted: nobody can change them."""
    for dag_id, found in _by_id(facts).items():
        definitions = _definitions(found)
        for file, dag in found:
            twice = dag_id in file.twice
            if file.bundle == BUILT_IN or not (twice or definitions[_maker(file, dag)][0] is file):
                continue
            others = ", ".join(_place(other, its) for other, its in definitions.values() if other is not file)
            if others or twice:
                fields = {"dag": dag_id, "others": others or "the file itself"}
                yield Match(("id", file.file, dag_id), file.file, dag.line, fields, dag=dag_id)


def _imported(facts: Facts) -> Iterator[Match]:
    """One for each file that a file has DAGs in common with, however many."""
    shared: dict[tuple[str, str], list[str]] = {}
    for dag_id, found in _by_id(facts).items():
        definitions = _definitions(found)
        for file, dag in found:
            other, _ = definitions[_maker(file, dag)]
            if other is not file and file.bundle != BUILT_IN and dag_id not in file.twice:
                shared.setdefault((file.file, other.file), []).append(dag_id)
    for (name, other_name), dags in shared.items():
        more = f" and {len(dags) - _FEW} more" if len(dags) > _FEW else ""
        fields = {"other": other_name, "dags": ", ".join(sorted(dags)[:_FEW]) + more}
        yield Match(("imported", name, other_name), name, None, fields)


def _place(file: ParsedFile, dag: ParsedDag) -> str:
    if file.bundle == BUILT_IN:
        return f"Airstrip's own {file.file}"
    return f"{file.file}:{dag.line}" if dag.line else file.file


def _unknown(facts: Facts) -> Iterator[Match]:
    for file, dag in _dags(facts):
        if dag.unknown and file.bundle != BUILT_IN:
            fields = {"dag": dag.dag_id, "text": sentence(dag.unknown)}
            yield Match(("unknown", file.file, dag.dag_id), file.file, dag.line, fields, dag=dag.dag_id)


def _references(facts: Facts, *kinds: str) -> Iterator[tuple[ParsedFile, ParsedDag, Reference]]:
    for file, dag in _dags(facts):
        if file.bundle != BUILT_IN:
            yield from ((file, dag, name) for name in dag.names if name.kind in kinds)


def _match(file: ParsedFile, dag: ParsedDag, name: Reference, **more: str) -> Match:
    subject = (name.kind, file.file, dag.dag_id, name.namespace, name.name, name.key)
    where = f" ({name.where})" if name.where else ""
    fields = {"task": f"{dag.dag_id}.{name.task}{where}", "name": name.name, **more}
    return Match(subject, file.file, name.line or dag.line, fields, dag=dag.dag_id, task=name.task)


def _pools(facts: Facts) -> Iterator[Match]:
    known = facts.known.pools
    for file, dag, name in _references(facts, "pool"):
        if known is not None and name.name not in known:
            yield _match(file, dag, name)


def _connections(facts: Facts) -> Iterator[Match]:
    for file, dag, name in _references(facts, "connection"):
        lacks = _lacks(facts, facts.known.connections, facts.parsed.connections, name.name)
        if lacks and not _may_be_given(facts, name, "AIRFLOW_CONN_"):
            yield _match(file, dag, name)


def _variables(facts: Facts) -> Iterator[Match]:
    for file, dag, name in _references(facts, "variable"):
        lacks = _lacks(facts, facts.known.variables, facts.parsed.variables, name.name)
        if lacks and not _may_be_given(facts, name, "AIRFLOW_VAR_"):
            yield _match(file, dag, name)


def _lacks(facts: Facts, known: frozenset[str] | None, environment: frozenset[str], name: str) -> bool:
    """Sure only where nothing else may know it."""
    if known is None or facts.parsed.has_backend:
        return False
    return name not in known and name.upper() not in environment


def _may_be_given(facts: Facts, name: Reference, prefix: str) -> bool:
    """By what the task's own environment is made of; one that could not be read, or sets a backend, may have all."""
    giving = {f"{prefix}{name.name.upper()}", *_BACKENDS}
    return any(
        identity not in facts.known.objects or giving & (facts.known.objects[identity] or frozenset())
        for identity in sources_of(name, facts.workers)
    )


def _objects(facts: Facts) -> Iterator[Match]:
    for file, dag, name in _needed(facts):
        identity = identity_of(name, facts.workers)
        if identity in facts.known.objects and facts.known.objects[identity] is None:
            yield _match(file, dag, name, kind=_KINDS[name.kind], namespace=identity[1])


def _keys(facts: Facts) -> Iterator[Match]:
    for file, dag, name in _needed(facts):
        identity = identity_of(name, facts.workers)
        keys = facts.known.objects.get(identity)
        if name.key and keys is not None and name.key not in keys:
            yield _match(file, dag, name, kind=_KINDS[name.kind], namespace=identity[1], key=name.key)


def _needed(facts: Facts) -> Iterator[tuple[ParsedFile, ParsedDag, Reference]]:
    """Without those of pods that may be made in another cluster: where a connection says so, or may."""
    for file, dag, name in _references(facts, *_KINDS):
        if not name.unless or _lacks(facts, facts.known.connections, facts.parsed.connections, name.unless):
            yield file, dag, name


def identity_of(name: Reference, workers: str) -> tuple[str, str, str]:
    """(kind, namespace, name) of a ConfigMap or Secret."""
    return name.kind, name.namespace or workers, name.name


def sources_of(name: Reference, workers: str) -> list[tuple[str, str, str]]:
    """The same of each that the task's environment is made of."""
    return [(kind, namespace or workers, source) for kind, namespace, source in name.sources]


def _removed_elsewhere(facts: Facts) -> Iterator[Match]:
    """In files that can be imported: what a function says is not looked at before it is called."""
    refused = {error.file for _, error in errors(facts)}
    parsed = {file.file for file in facts.parsed.files if file.bundle != BUILT_IN}
    yield from (_removed(removed) for removed in facts.removed if removed.file in parsed - refused)


def _removed_besides(facts: Facts) -> Iterator[Match]:
    """In files that Airflow refuses: all is told at once, not one thing after each mending."""
    found = [error for _, error in errors(facts)]
    for removed in facts.removed:
        if any(error.file == removed.file for error in found) and not any(is_told(removed, e, facts) for e in found):
            yield _removed(removed)


def _removed(removed: Removed) -> Match:
    fields = {"what": removed.what, "instead": instead(removed)}
    return Match(("removed", removed.file, str(removed.line), removed.what), removed.file, removed.line, fields)


def _removed_in_templates(facts: Facts) -> Iterator[Match]:
    for file, dag, name in _references(facts, "template"):
        yield _match(file, dag, name, instead=IN_TEMPLATES[name.name])


def _dag_files(facts: Facts) -> Iterator[Match]:
    for file, dag, name in _references(facts, "dag-file"):
        yield _match(file, dag, name)


NAME_RULES: tuple[Rule, ...] = (
    Rule(
        "dags.duplicate-id",
        "the DAG {dag} is defined a second time, in {others}",
        "Airflow keeps one DAG of a name: whichever file it read last has it.",
        "Give one of them another id.",
        _duplicates,
    ),
    Rule(
        "dags.duplicate-id",
        "what it imports makes DAGs that {other} has too: {dags}",
        "Airflow gives a file all DAGs that are made while it is imported: they are of whichever file it read last.",
        "Put what both files need into a module that makes no DAG. Airflow runs these DAGs as they are, too.",
        _imported,
        level="warning",
    ),
    Rule(
        "dags.not-checked",
        "Airflow takes the DAG {dag}, but what its tasks name was not looked for",
        "The check cannot look into them. {text}",
        "Nothing fails by this: look yourself for the pools, connections and variables that they name.",
        _unknown,
        level="warning",
    ),
    Rule(
        "dags.missing-pool",
        "there is no pool {name}, which {task} asks for",
        "Airflow never schedules a task whose pool is not there.",
        "Add it in Airflow under Admin, Pools; or take the pool out of the task.",
        _pools,
        level="missing",
    ),
    Rule(
        "dags.missing-connection",
        "Airflow has no connection {name}, which {task} asks for",
        "Neither Airflow nor its environment has it, and no secrets backend is set.",
        "Add it in Airflow under Admin, Connections; or correct its name.",
        _connections,
        level="missing",
    ),
    Rule(
        "dags.missing-variable",
        "Airflow has no variable {name}, which {task} asks for",
        "Neither Airflow nor its environment has it, and no secrets backend is set.",
        "Add it in Airflow under Admin, Variables; or write: var.value.get('{name}', 'a default')",
        _variables,
        level="missing",
    ),
    Rule(
        "dags.missing-object",
        "there is no {kind} {name} in {namespace}, which the pod of {task} needs",
        "Kubernetes does not start a pod whose {kind} is not there.",
        "Make it in the namespace {namespace}; or correct its name, or mark it as optional.",
        _objects,
        level="missing",
    ),
    Rule(
        "dags.missing-key",
        "the {kind} {name} in {namespace} has no key {key}, which the pod of {task} needs",
        "Kubernetes does not start a pod that names a key which is not there.",
        "Add the key, or correct its name.",
        _keys,
        level="missing",
    ),
    Rule(
        "dags.file-not-in-pod",
        "the pod of {task} runs {name}, and sees no folder of DAGs",
        "Pods can mount it where DAGs are in a volume: not those that each pod clones, nor those of the image.",
        "Put the file into the task's image, or give its text as an argument; where the image has it, all is well.",
        _dag_files,
        level="warning",
    ),
    Rule(
        "dags.removed",
        "templates of Airflow 3 have no {name}, which {task} uses",
        "It was written for an earlier Airflow; the task fails with: {name!r} is undefined.",
        "{instead}",
        _removed_in_templates,
        level="missing",
    ),
    Rule(
        "dags.removed",
        "{what}",
        "The file can be imported all the same; where it comes to that line, it may fail.",
        "{instead}",
        _removed_elsewhere,
        level="warning",
    ),
    Rule(
        "dags.removed",
        "{what}",
        "The file cannot be imported as it is; this is to be mended besides.",
        "{instead}",
        _removed_besides,
        level="warning",
    ),
)
