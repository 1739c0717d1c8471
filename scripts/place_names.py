"""Fails where the name of a place stands in a string outside targets/: nothing else may ask where it is."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "airstrip"
PLACE = re.compile(r"\b(minikube|onprem|eks|gke|oke)\b", re.IGNORECASE)
# Words that Kubernetes and YAML use too: only alone, and only where they are compared.
COMPARED = frozenset({"local", "kind", "context"})


def findings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each string that names a place; docstrings are words to people and may."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if PLACE.search(node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            names = {side.attr for side in sides if isinstance(side, ast.Attribute)}
            words = {side.value for side in sides if isinstance(side, ast.Constant)}
            if "place" in names and words & COMPARED:
                yield node.lineno, ast.unparse(node)


def main() -> int:
    found = 0
    for file in sorted(SOURCE.rglob("*.py")):
        if "targets" in file.relative_to(SOURCE).parts:
            continue
        for line, text in findings(ast.parse(file.read_text())):
            print(f"{file.relative_to(SOURCE.parents[1])}:{line}: names a place: {text[:80]!r}")
            found += 1
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
