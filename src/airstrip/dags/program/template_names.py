"""What templates name: variables, connections, and names that Airflow 3 has no longer.

`{{ var.value.NAME }}`, `{{ var.json["NAME"] }}`, `{{ conn.NAME }}`, `{{ execution_date }}`.
"""

from jinja2 import StrictUndefined, TemplateError, meta, nodes

_MAYBE = (nodes.If, nodes.For, nodes.CondExpr, nodes.And, nodes.Or, nodes.Macro, nodes.CallBlock, nodes.Test)
"""What is within may not be rendered, or may not matter."""
_DEFAULTS = ("default", "d")
_TEXTS = ("var.", "conn.", "var[", "conn[")
_REMOVED = (
    "conf",
    "execution_date",
    "next_ds",
    "next_ds_nodash",
    "next_execution_date",
    "prev_ds",
    "prev_ds_nodash",
    "prev_execution_date",
    "prev_execution_date_success",
    "tomorrow_ds",
    "tomorrow_ds_nodash",
    "triggering_dataset_events",
    "yesterday_ds",
    "yesterday_ds_nodash",
)
"""Of Airflow 2; what to write instead is in airstrip.dags.removed."""
_MOST = 100_000
"""Characters: a template is not larger, a file that is loaded into one may be."""


def environment_of(dag):
    """Of the DAG's own templates, with its filters; None where it cannot be made."""
    try:
        return dag.get_template_env()
    except Exception:
        return None


def of(task, environment):
    if environment is None:
        return
    for field in task.template_fields:
        value = getattr(task, "partial_kwargs", {}).get(field) if _is_mapped(task) else getattr(task, field, None)
        for text in _texts(value, set()):
            for kind, name in sorted(_named(environment, text)):
                yield {"kind": kind, "name": name, "where": field}


def _is_mapped(task):
    return hasattr(task, "partial_kwargs")


def _texts(value, seen):
    """All texts that Airflow would render, within lists, mappings and Kubernetes' models."""
    if isinstance(value, str):
        if len(value) <= _MOST and any(text in value for text in (*_TEXTS, *_REMOVED)):
            yield value
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list | tuple | set):
        parts = list(value)
    else:
        parts = [getattr(value, name, None) for name in getattr(value, "attribute_map", ())]
    for part in parts:
        yield from _texts(part, seen)


def _named(environment, text):
    try:
        tree = environment.parse(text)
    except TemplateError:
        return set()
    found = set(_walk(tree))
    gone = {name for kind, name in found if kind == "template"}
    try:
        there = gone - meta.find_undeclared_variables(tree) if gone else set()
    except TemplateError:
        # It knows the filters that are there: with another one, what the template may set itself is left out.
        there = gone & {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    # The DAG's own macros, and what may be missing in its templates.
    there |= gone if not issubclass(environment.undefined, StrictUndefined) else gone & environment.globals.keys()
    return found - {("template", name) for name in there}


def _walk(node):
    if isinstance(node, _MAYBE) or (isinstance(node, nodes.Filter) and node.name in _DEFAULTS):
        return
    if found := _name_of(node):
        yield found
        return
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _name_of(node):
    """(kind, name) of an access that fails where there is nothing of that name."""
    if isinstance(node, nodes.Name) and node.ctx == "load" and node.name in _REMOVED:
        return "template", node.name
    match _path(node):
        case ["var", "value" | "json", name] if name != "get":
            return "variable", name
        case ["conn", name] if name != "get":
            return "connection", name
    return None


def _path(node):
    """`a.b`, `a["b"]`: a, b. Jinja takes one for the other. Nothing where a part is not written out."""
    match node:
        case nodes.Name(name=name):
            return [name]
        case nodes.Getattr(node=inner, attr=name) | nodes.Getitem(node=inner, arg=nodes.Const(value=str(name))):
            return [*path, name] if (path := _path(inner)) else []
    return []
