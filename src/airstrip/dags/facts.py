"""What is known of a folder of DAG files and of what they name, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from airstrip.dags.removed import Removed
from airstrip.redaction import Redaction, without_credentials

ErrorKind = Literal["import", "cycle", "timeout", "crash", "database", "loop", "walk"]
ReferenceKind = Literal["pool", "connection", "variable", "config-map", "secret", "template", "dag-file"]
_SHORTEST_VALUE = 8


@dataclass(frozen=True)
class ParseError:
    """What Airflow refuses, or ends at: `loop` is a link to a folder, `walk` the whole folder.

    `file` is relative to its bundle, within an archive too; `text` is Python's own, of a link where it leads. Of a
    module or project that is not there, `is_written` says whether its name stands in a file that the stack trace names.
    """

    file: str
    kind: ErrorKind
    text: str
    line: int | None = None
    is_written: bool = True

    @property
    def last_line(self) -> str:
        return self.text.strip().rpartition("\n")[2]


@dataclass(frozen=True)
class Asked:
    """What a file asked Airflow for while it was parsed; `given` where it got an answer."""

    kind: Literal["connection", "variable"]
    name: str
    given: bool


@dataclass(frozen=True)
class Reference:
    """What a task needs when it runs. `key` is one of a ConfigMap or Secret, `where` the argument that names it.

    A `template` is a name that Airflow 3 no longer has for templates, a `dag-file` one that its pod does not see. An
    empty `namespace` is that of the tasks. `unless` names a connection that leads elsewhere where it is there. Of a
    connection or variable, `sources` are ConfigMaps and Secrets that the task's environment is made of, and that may
    define it: (kind, namespace, name).
    """

    kind: ReferenceKind
    name: str
    task: str
    line: int | None = None
    key: str = ""
    namespace: str = ""
    where: str = ""
    unless: str = ""
    sources: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class ParsedDag:
    """`made_in` is the file that makes it, where its own one only imports that: relative to the bundle, or absolute.

    `unknown` says why its tasks could not be looked into; empty where they were.
    """

    dag_id: str
    line: int | None = None
    tasks: int = 0
    names: tuple[Reference, ...] = ()
    made_in: str = ""
    unknown: str = ""


@dataclass(frozen=True)
class ParsedFile:
    """`twice` are ids that the file itself gives to several DAGs."""

    file: str
    bundle: str = "main"
    errors: tuple[ParseError, ...] = ()
    asked: tuple[Asked, ...] = ()
    dags: tuple[ParsedDag, ...] = ()
    twice: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParsedDags:
    """`variables` and `connections` are names that stand in the environment, in capitals; `has_backend`: a secrets
    backend may know more of them. `pointers` are those of git LFS in whose place Airflow would look for DAGs. `seconds`
    are by what was done."""

    files: tuple[ParsedFile, ...] = ()
    variables: frozenset[str] = frozenset()
    connections: frozenset[str] = frozenset()
    has_backend: bool = False
    pointers: frozenset[str] = frozenset()
    airflow: str = ""
    cores: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What is there, by name; None where it could not be asked for, of which nothing is said.

    `objects` are keys of ConfigMaps and Secrets by (kind, namespace, name), None for one that is not there.
    """

    pools: frozenset[str] | None = None
    connections: frozenset[str] | None = None
    variables: frozenset[str] | None = None
    objects: Mapping[tuple[str, str, str], frozenset[str] | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """`workers` is the namespace of the tasks; `pointers` are files that git LFS has elsewhere, whatever they are;
    `mounts` are folders that Airflow has where it reads the files, and the check does not."""

    parsed: ParsedDags
    known: Known = Known()
    removed: tuple[Removed, ...] = ()
    workers: str = ""
    pointers: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()


def read_parsed(document: Mapping[str, Any]) -> ParsedDags:
    """What the program said."""
    environment = document["environment"]
    return ParsedDags(
        files=tuple(map(_file, document["files"])),
        variables=frozenset(environment["variables"]),
        connections=frozenset(environment["connections"]),
        has_backend=environment["backend"],
        pointers=frozenset(document["pointers"]),
        airflow=document["airflow"],
        cores=document["cores"],
        seconds=document["seconds"],
    )


def without_values(parsed: ParsedDags, values: Iterable[str]) -> ParsedDags:
    """What was said in files' errors without the values of variables that the files were given.

    Shorter ones than 8 characters stay: they stand in every text.
    """
    strike = Redaction(value for value in values if len(value.strip()) >= _SHORTEST_VALUE)

    def struck(file: ParsedFile) -> ParsedFile:
        errors = tuple(replace(error, text=strike(error.text)) for error in file.errors)
        return replace(file, errors=errors, dags=tuple(replace(dag, unknown=strike(dag.unknown)) for dag in file.dags))

    return replace(parsed, files=tuple(map(struck, parsed.files)))


def _file(row: Mapping[str, Any]) -> ParsedFile:
    return ParsedFile(
        file=row["file"],
        bundle=row["bundle"],
        errors=tuple(ParseError(**{**error, "text": without_credentials(error["text"])}) for error in row["errors"]),
        asked=tuple(Asked(**asked) for asked in row["asked"]),
        dags=tuple(map(_dag, row["dags"])),
        twice=tuple(row.get("twice") or ()),
    )


def _dag(row: Mapping[str, Any]) -> ParsedDag:
    names = tuple(
        Reference(**{**name, "sources": tuple(map(tuple, name.get("sources") or ()))}) for name in row["names"]
    )
    unknown = without_credentials(row.get("unknown", ""))
    return ParsedDag(row["dag"], row["line"], row["tasks"], names, row["made_in"], unknown)
