"""The reference page: the file's keys from its JSON Schema, the verbs from the command line itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from typer.main import get_command  # noqa: TID251 - the verbs are read, not run

from airstrip.cli.main import app
from airstrip.errors import AirstripError
from airstrip.result import Result, error_document
from airstrip.spec import json_schema
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS
from scripts.markdown import code, table

_HEAD = """\
# Reference

<!-- Made by scripts/docs from the source. Do not edit. -->

[The file](#the-file) · [Verbs](#verbs) · [Exit codes](#exit-codes) · [JSON](#json) ·
[Environment variables](#environment-variables) · [Error codes](errors.md)

## The file

An `airstrip.yaml`. Only `apiVersion` and `name` must be there. Unknown keys are errors; every problem of a file
is reported at once, with line, column and fix. Paths are relative to the file. `airstrip schema` prints the JSON
Schema, for editors.
"""

_EXIT_CODES = """\
## Exit codes

| Code | Meaning |
|---|---|
| 0 | Done. |
| 1 | Airstrip could not. |
| 2 | A wrong command line, an invalid file, or a needed confirmation without a terminal. |
| 3 | It ran, and the answer is bad: the DAG run failed; something is stopped, unhealthy or cannot be imported. |
| 130 | Ctrl-C. |
"""

_JSON = """\
## JSON

With `--json` there is one document on stdout, after failures too. stderr has JSON lines only, the events; what went
wrong stands in the document.
`logs --follow --json` prints JSON lines on stdout, of which the last is the document. `schema --json`
has the schema under `data`.
"""

_OTHER = """\
`airstrip --version` prints the version; `airstrip --install-completion` installs completion for your shell.
"""

_VARIABLES = (
    ("AIRSTRIP_FILE", "The deployment's file, where `-f` is not given."),
    ("AIRSTRIP_STATE_DIR", "Holds a folder for each deployment's state. Default: `/var/lib/airstrip`."),
    ("AIRSTRIP_RUN_DIR", "Holds a folder for each deployment's sockets. Default: `/run/airstrip`."),
    ("AIRSTRIP_CACHE_DIR", "Programs, images, Python environments. Default: `${XDG_CACHE_HOME:-~/.cache}/airstrip`."),
    ("AIRSTRIP_NODE_BIN", "A folder with the node's programs, to be used instead of building them."),
    ("AIRSTRIP_UV", "The uv to use. Default: the one on PATH, else one that the launcher installs in the cache."),
    ("NO_COLOR", "Where it is not empty, no colours."),
)

Schema = Mapping[str, Any]


def reference_page() -> str:
    lines = [_HEAD, *_file_section(), "", *_verbs_section(), _EXIT_CODES, _JSON, *_json_examples()]
    lines += ["## Environment variables", "", *table(("Variable", "Meaning"), ((code(n), t) for n, t in _VARIABLES))]
    return "\n".join(lines) + "\n"


def _file_section() -> list[str]:
    schema = json_schema(TARGET_SPECS)
    keys = list(_keys(schema, schema, ""))
    built = [row for path, row in keys if row is not None]
    planned = [code(path) for path, row in keys if row is None]
    return [
        *table(("Key", "Type", "Default", "Meaning"), built),
        "",
        f"Known, but not built yet (`spec.not-yet`): {', '.join(planned)};",
        f"and the targets {', '.join(code(place) for place in PLANNED_TARGETS)}.",
    ]


def _keys(mapping: Schema, root: Schema, prefix: str) -> Iterator[tuple[str, tuple[str, str, str, str] | None]]:
    """Each key's path with its row; None where it is not built."""
    required = mapping.get("required", ())
    told: set[str] = set()
    for name, written in mapping["properties"].items():
        path = f"{prefix}{name}"
        if "not" in written:
            yield path, None
            continue
        options = list(_options(written, root))
        # What several keys of a mapping take is told of the first.
        again = written.get("$ref", path) in told
        told.add(written.get("$ref", path))
        inner = [] if again else [entry for option in options for entry in _inner(option, root, f"{path}.")]
        if any(row is not None for _, row in inner) or not inner:
            about = written.get("description") or next((o["description"] for o in options if "description" in o), "")
            default = "must be there" if name in required and not prefix else _default(written)
            yield path, (code(path), " or ".join(dict.fromkeys(map(_type, options))), default, about)
        yield from inner


def _options(written: Schema, root: Schema) -> Iterator[Schema]:
    """What a value may be, references followed, without null."""
    if "$ref" in written:
        written = {**root["$defs"][written["$ref"].rpartition("/")[2]]}
    if "anyOf" in written:
        for option in written["anyOf"]:
            yield from _options(option, root)
    elif written.get("type") != "null":
        yield written


def _inner(option: Schema, root: Schema, prefix: str) -> list[tuple[str, tuple[str, str, str, str] | None]]:
    told_elsewhere = "$comment" in option or "file" in option.get("properties", {})
    named = option.get("additionalProperties")
    if isinstance(named, dict) and "$ref" in named:
        # A mapping by names that are the user's.
        return [entry for item in _options(named, root) for entry in _inner(item, root, f"{prefix}NAME.")]
    return list(_keys(option, root, prefix)) if "properties" in option and not told_elsewhere else []


def _type(option: Schema) -> str:
    if "enum" in option:
        return " or ".join(code(str(value)) for value in option["enum"])
    if option.get("type") == "array":
        return "list of text" if option["items"].get("type") == "string" else "list of mappings"
    if option.get("type") == "object":
        return "`{file: PATH}`" if "file" in option.get("properties", {}) else "mapping"
    if option.get("type") == "number":
        return "number"
    if option.get("type") == "integer":
        return f"whole number, {option['minimum']} to {option['maximum']}"
    rules = [code(str(option["pattern"]))] if "pattern" in option else []
    rules += [f"at most {option['maxLength']} characters"] if "maxLength" in option else []
    return ", ".join(["text", *rules])


def _default(written: Schema) -> str:
    """Of a scalar: what a mapping or a list is by default, its own keys and its description say."""
    default = written.get("default")
    return "" if default is None or isinstance(default, dict | list) else code(str(default))


def _verbs_section() -> list[str]:
    verbs = dict(_verbs(get_command(app), "airstrip"))
    names = [{parameter.name for parameter in verb.params} for verb in verbs.values()]
    common = set.intersection(*names)
    example = next(iter(verbs.values()))
    lines = ["## Verbs", "", "Every verb takes:", ""]
    lines += table(("Option", "Meaning"), (_parameter(p) for p in example.params if p.name in common))
    for name, verb in verbs.items():
        lines += ["", f"### {name}", "", *_verb(name, verb, common)]
    return [*lines, "", _OTHER]


def _verbs(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _verbs(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _verb(name: str, verb: Any, common: set[str]) -> list[str]:
    text, _, examples = verb.help.partition("\b\n")
    arguments = [p.metavar if p.required else f"[{p.metavar}]" for p in verb.params if p.param_type_name == "argument"]
    lines = [*text.strip().splitlines(), "", "```", " ".join([name, *arguments, "[OPTIONS]"]), "```"]
    own = [_parameter(p) for p in verb.params if p.name not in common]
    if own:
        lines += ["", *table(("Option", "Meaning"), own)]
    shown = [line.strip() for line in examples.splitlines()[1:] if line.strip()]
    return [*lines, "", "```", *shown, "```"] if shown else lines


def _parameter(parameter: Any) -> tuple[str, str]:
    if parameter.param_type_name == "argument":
        return code(parameter.metavar), parameter.help
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.is_flag:
        return code(names), parameter.help
    default = parameter.default
    # -1 stands for "none".
    told = default in (None, -1) or "Default:" in parameter.help
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    return code(f"{names} {parameter.metavar}"), parameter.help + ("" if told else f" Default: `{shown}`.")


def _json_examples() -> list[str]:
    good = Result("down", {"name": "airflow", "wasRunning": True, "dataDeleted": False}).to_document()
    error = AirstripError("deployment.not-running", "airflow is not running", cause="…", fix="…")
    documents = [good, error_document("open", error)]
    return [
        line for item in documents for line in ("```json", json.dumps(item, indent=2, ensure_ascii=False), "```", "")
    ]
