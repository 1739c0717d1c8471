"""Which tests cause what a rule tells of: read from the tests themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_FAULTS = ("tests/cluster/faults/test_*.py", "tests/cluster/test_git_dags.py", "tests/destroy/test_*.py")
_CASES = "tests/unit/diagnose/*_cases.py"


@dataclass(frozen=True)
class Proof:
    """`how`: `cluster` where a test causes it for real and reads what is found, `unit` where facts are made up.

    `properties` are those that the test has verify prove once the fix is carried out.
    """

    how: str
    file: str
    test: str = ""
    slow: bool = False
    properties: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"`{self.how}{', slow' if self.slow else ''}` `{Path(self.file).name}`"


def find_proofs(codes: Collection[str]) -> dict[str, Proof]:
    """By code; the strongest that there is: a cluster's, one that is run each time before a slow one, and one that has
    a property proved before one that has not."""
    found: dict[str, Proof] = {}
    for code, proof in sorted((*caused(codes), *_made_up(codes)), key=_weakness):
        found.setdefault(code, proof)
    return found


def _weakness(found: tuple[str, Proof]) -> tuple[bool, bool, bool, str, str]:
    proof = found[1]
    return proof.how != "cluster", proof.slow, not proof.properties, proof.file, proof.test


def caused(codes: Collection[str]) -> Iterator[tuple[str, Proof]]:
    """Every test that causes something, with each code that it names."""
    for file in _files(*_FAULTS):
        functions = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]
        asking = {function.name for function in functions if _asks_doctor(function)}
        for function in functions:
            calls = {name.id for name in ast.walk(function) if isinstance(name, ast.Name)}
            if function.name.startswith("test_") and (function.name in asking or calls & asking):
                slow = any("slow" in ast.unparse(decorator) for decorator in function.decorator_list)
                helpers = [each for each in functions if each.name in calls]
                proof = Proof("cluster", _name(file), function.name, slow, tuple(_proved_by(function, *helpers)))
                yield from ((code, proof) for code in _codes_in(function, codes))


def _asks_doctor(function: ast.FunctionDef) -> bool:
    """It waits for a finding, or reads those of a command."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "finds")
        or (isinstance(node, ast.Constant) and node.value == "findings")
        for node in ast.walk(function)
    )


def _proved_by(*functions: ast.FunctionDef) -> Iterator[str]:
    """What they have verify prove."""
    calls = (node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call))
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "proves":
            yield from (str(ast.literal_eval(argument)) for argument in call.args)


def _made_up(codes: Collection[str]) -> Iterator[tuple[str, Proof]]:
    for file in _files(_CASES):
        for code in _codes_in(ast.parse(file.read_text()), codes):
            yield code, Proof("unit", _name(file))


def _codes_in(node: ast.AST, codes: Collection[str]) -> Iterator[str]:
    """Named as a whole, or in an f-string one of whose parts is known only when it runs."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and each.value in codes:
            yield str(each.value)
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "finds":
            for text in (argument for argument in each.args if isinstance(argument, ast.JoinedStr)):
                yield from filter(re.compile(_pattern(text)).fullmatch, codes)


def _pattern(text: ast.JoinedStr) -> str:
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in text.values)


def _files(*patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(ROOT.glob(pattern))


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))
