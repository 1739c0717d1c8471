"""Where a file defines its DAGs and tasks: read from its source, so only what is written out there is known."""

import ast
from pathlib import Path


class Definitions:
    """Lines by id. An id that is defined in several places is in none."""

    def __init__(self, dags, tasks):
        self._dags = dags
        self._tasks = tasks

    @classmethod
    def of(cls, path):
        dags, tasks = {}, {}
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call):
                _add_call(node, dags, tasks)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                _add_function(node, dags, tasks)
        return cls(dags, tasks)

    def dag(self, dag_id):
        return _single(self._dags.get(dag_id))

    def task(self, task_id):
        """A task of a group has the group's name before its own."""
        return _single(self._tasks.get(task_id) or self._tasks.get(task_id.rpartition(".")[2]))

    def only_dag(self):
        """Where the file defines its one DAG."""
        return _single([line for lines in self._dags.values() for line in lines])


def is_written(name, paths):
    """Whether a module or a text of this name stands in one of the files, so that no value of Airflow's made it. Not
    where a file asks for a variable: a default stands in for the value."""
    return any(
        f"{word}.".startswith(f"{name}.") or (word.startswith(".") and name.rpartition(".")[2] in word.split("."))
        for path in paths
        for word in _words(_tree(path))
    )


def _words(tree):
    """Texts and imported modules, a relative one with its dots."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _name(node.func.value) == "Variable":
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
        nodes += ast.iter_child_nodes(node)


def _tree(path):
    """Of what is no Python, such as an archive, an empty one."""
    try:
        return ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _single(lines):
    return lines[0] if lines and len(lines) == 1 else None


def _add_call(node, dags, tasks):
    name = _name(node.func)
    if name == "DAG" and node.args:
        _add(dags, node.args[0], node.lineno)
    for word in node.keywords:
        if word.arg == "dag_id" and name in ("DAG", "dag"):
            _add(dags, word.value, node.lineno)
        elif word.arg == "task_id":
            _add(tasks, word.value, node.lineno)


def _add_function(node, dags, tasks):
    """`@dag` and `@task`, with arguments or without, also as `@task.bash`."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        function = call.func if call else decorator
        words = {word.arg for word in call.keywords} if call else set()
        while isinstance(function, ast.Attribute) and _name(function) not in ("dag", "task"):
            function = function.value
        name = _name(function)
        if name == "dag" and not {"dag_id"} & words and not (call and call.args):
            dags.setdefault(node.name, []).append(node.lineno)
        elif name == "task" and "task_id" not in words:
            tasks.setdefault(node.name, []).append(node.lineno)


def _add(lines, value, line):
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        lines.setdefault(value.value, []).append(line)


def _name(function):
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
