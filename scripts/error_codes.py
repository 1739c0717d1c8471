"""The page of error codes: read from where the source raises them, so that it lists what there is."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from scripts.markdown import code, table

ROOT = Path(__file__).resolve().parents[1]
_CODE = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z0-9]+(-[a-z0-9]+)*")
_RAISED = re.compile(
    r"\w*(Error|Timeout|Refused)|Finding|Rule|Reason|Explanation|Trouble|Warned|invalid|__init__|_?problem"
)
_SHELL = re.compile(r'\bfail \d ([a-z]+\.[a-z-]+) "([^"]*)" "([^"]*)"')

_HEAD = """\
# Error codes

<!-- Made by scripts/docs from the source. Do not edit. -->

Every error and finding ends with its code in brackets; with `--json` it stands under `code`. `…` stands for what
is known only when it happens: the message itself names it. See also [troubleshooting](troubleshooting.md).
"""


@dataclass(frozen=True)
class Entry:
    """What the source says of a code in one place; texts are empty where they are made up elsewhere."""

    code: str
    message: str = ""
    cause: str = ""
    fix: str = ""

    @property
    def texts(self) -> int:
        return sum(map(bool, (self.message, self.cause, self.fix)))


def errors_page() -> str:
    lines = [_HEAD]
    for area, entries in groupby(find_entries(), key=lambda entry: entry.code.split(".")[0]):
        rows = (
            (code(entry.code), entry.message or "The message says it.", entry.cause, entry.fix) for entry in entries
        )
        lines += [f"## {area}", "", *table(("Code", "What failed", "Likely cause", "What to do"), rows), ""]
    return "\n".join(lines)


def codes_document() -> str:
    """The same for the program itself: `airstrip doctor CODE`."""
    known: dict[str, list[dict[str, str]]] = {}
    for entry in find_entries():
        texts = {"message": entry.message, "cause": entry.cause, "fix": entry.fix}
        known.setdefault(entry.code, []).append(texts)
    return json.dumps(known, indent=0, ensure_ascii=False) + "\n"


def find_entries() -> list[Entry]:
    """All codes in order; several entries of one where it has several causes, none that says less than another."""
    found = [*_shell_entries((ROOT / "scripts" / "bootstrap.sh").read_text())]
    for file in sorted((ROOT / "src" / "airstrip").rglob("*.py")):
        tree = ast.parse(file.read_text())
        scopes: list[ast.Module | ast.FunctionDef] = [tree]
        scopes += [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        found += [entry for scope in scopes for entry in _Scope(scope).entries()]
    best: dict[str, list[Entry]] = {}
    for entry in sorted(dict.fromkeys(found), key=lambda entry: -entry.texts):
        known = best.setdefault(entry.code, [])
        if not known or (entry.texts >= 2 and entry.fix not in [other.fix for other in known]):
            known.append(entry)
    return [entry for name in sorted(best) for entry in best[name]]


def _shell_entries(text: str) -> Iterator[Entry]:
    for name, *words in _SHELL.findall(re.sub(r"\\\n\s*", "", text)):
        message, fix = (re.sub(r"\$(\*|\w+)", "…", each) for each in words)
        yield _entry(name, {"message": message, "fix": fix})


class _Scope:
    """A function, or a module around its functions, with the texts that its names stand for."""

    def __init__(self, node: ast.FunctionDef | ast.Module) -> None:
        self._nodes = list(_own_nodes(node))
        self._texts: dict[str, list[tuple[int, str]]] = {}
        for item in self._nodes:
            if isinstance(item, ast.Assign):
                self._assign(item.targets[0], item.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._assign(one, other)
        elif isinstance(target, ast.Name):
            self._texts.setdefault(target.id, []).append((value.lineno, self._text(value)))

    def entries(self) -> Iterator[Entry]:
        for node in self._nodes:
            if isinstance(node, ast.Call) and _RAISED.fullmatch(_called(node)):
                yield from self._call(node)
            elif isinstance(node, ast.Tuple):
                yield from self._tuple(node)

    def _call(self, node: ast.Call) -> Iterator[Entry]:
        named = {word.arg: self._text(word.value) for word in node.keywords if word.arg}
        words = [self._text(item) for item in node.args]
        if not words or not _is_code(node.args[0]):
            return
        name, order = _called(node), ("message", "cause", "fix")
        if name.endswith("problem"):
            words, order = [words[0], *words[2:4]], ("message", "fix", "")
        elif name in ("invalid", "Warned"):
            order = ("message", "fix", "")
        elif name == "Trouble":
            words = words[:1]
        named |= dict(zip(order, words[1:4], strict=False))
        if name in ("Rule", "Reason", "Explanation"):
            named = {"message": named.get("symptom", "") or named.get("message", ""), **named}
            named = {key: text.replace("{{", "{").replace("}}", "}") for key, text in named.items()}
        yield _entry(words[0], named)

    def _tuple(self, node: ast.Tuple) -> Iterator[Entry]:
        """(code, cause, fix) of the API server's refusals; (code, message, fix) of the file's problems."""
        words = [self._text(item) for item in node.elts]
        if len(words) < 3 or not _is_code(node.elts[0]) or not any(" " in word for word in words[1:]):
            return
        order = ("message", "fix") if words[0].startswith("spec.") else ("cause", "fix")
        yield _entry(words[0], dict(zip(order, words[1:3], strict=True)))

    def _text(self, node: ast.expr) -> str:
        """The words of an expression, with … for what is not known before it runs."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=values):
                return "".join(self._text(value) or "…" for value in values)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._text(left) + self._text(right)
            case ast.IfExp(body=body, orelse=orelse):
                return " Or: ".join(filter(None, (self._text(body), self._text(orelse))))
            case ast.Name(id=name):
                before = [text for line, text in self._texts.get(name, ()) if line <= node.lineno]
                return before[-1] if before else ""
        return ""


def _entry(name: str, texts: Mapping[str, str]) -> Entry:
    """Without texts that hold nothing but dots, which the page would show as if they said something."""
    said = {key: text for key, text in texts.items() if key in ("message", "cause", "fix") and text.strip("…:;. ")}
    return Entry(name, **{key: re.sub("…+", "…", text) for key, text in said.items()})


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a scope, not to a function inside of it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef):
            yield from _own_nodes(child)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_CODE.fullmatch(node.value))
