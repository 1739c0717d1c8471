"""Breaks a good airstrip.yaml in every way that we know of: by number, always the same."""

from __future__ import annotations

import random
from collections.abc import Callable

GOOD = """\
apiVersion: airstrip/v1
name: sky            # the deployment
target:
  here:
    port: 8081
namespaces: {control: sky, workers: sky-tasks}
airflow:
  version: 3.3.2
  extras: [amazon, "celery"]
  config:
    core: {parallelism: 8}
  env: {TZ: UTC}
components:
  task: {resources: {limits: {memory: 2Gi}}, nodeSelector: {disk: ssd}, env: {TZ: UTC}}
  triggerer:
    volumes:
      - {name: a, mountPath: /a, secret: {secretName: b, defaultMode: 0o440}}
    sidecars:
      - {name: c, image: d, volumeMounts: [{name: a, mountPath: /b}], env: [{name: E, value: f}]}
patches:
  - {apiVersion: v1, kind: Pod, metadata: {name: task, labels: {a: b}}, spec: {volumes: [{name: a, $patch: delete}]}}
image:
  requirements:
    - pandas==2.2.0
    - 'requests[socks]>=2'
  packages: {file: requirements.txt}
dags:
  path: ../dags
"""

_VALUES = (
    *("", "~", "null", "true", "no", "[]", "{}", "[[]]", "{a: 1}", "[1, two, {}]", "'", '"', '"\\ud800"', '"\\0"'),
    *("0", "-1", "1e999", "9" * 400, "0x" + "f" * 5000, "0o777", "1_000", ".inf", ".nan", "-.INF", "1:30", "9" * 5000),
    *("2026-11-21", "2001-12-14t21:59:43.10-05:00", "!!int x", "!!float y", "!!bool maybe", "!!binary =", "!!set {a}"),
    *("!secret x", "!!python/object:os.system {}", "*nobody", "&a [*a]", "<<", "{<<: *nobody}", "{<<: [1]}", "? a"),
    *("|", ">-", "@x", "`x`", "%x", "a: b: c", "- -", "env:X", "k8s:a/b", "~/x", "../" * 900, "x" * 70000, "\u2028"),
    *("\x85 b", "\U0001f6eb", "\ue000", "\ufeff", "{file: /}", "{file: none.txt}", '{file: "a\\0"}', "{file: [1]}"),
    "{file: " + "n" * 300,
)
_KEYS = (
    *("name", "Name", "target", "dags", "<<", "1", "true", "''", "? [a]", "database", "image", "a b", "\u2028", "~"),
    "=",
)

Break = Callable[[list[str], random.Random], None]


def broken(number: int) -> bytes:
    """The good file with one to four things done to it."""
    chance = random.Random(number)
    lines = GOOD.splitlines()
    for _ in range(chance.choice((1, 1, 2, 4))):
        chance.choice(_BREAKS)(lines, chance)
        lines = lines or [""]
    content = chance.choice(("\n", "\n", "\n", "\r\n", "\r")).join([*lines, ""]).encode("utf-8", "surrogatepass")
    return _bytes_too(content, chance) if chance.random() < 0.15 else content


def _at(lines: list[str], chance: random.Random) -> int:
    return chance.randrange(len(lines))


def _delete(lines: list[str], chance: random.Random) -> None:
    del lines[_at(lines, chance)]


def _repeat(lines: list[str], chance: random.Random) -> None:
    lines.insert(_at(lines, chance), chance.choice(lines))


def _swap(lines: list[str], chance: random.Random) -> None:
    one, other = _at(lines, chance), _at(lines, chance)
    lines[one], lines[other] = lines[other], lines[one]


def _indent(lines: list[str], chance: random.Random) -> None:
    at = _at(lines, chance)
    lines[at] = chance.choice(("  ", " ", "\t", "    ", "- ", "\u00a0")) + lines[at]


def _outdent(lines: list[str], chance: random.Random) -> None:
    at = _at(lines, chance)
    lines[at] = lines[at].lstrip()


def _mistype(lines: list[str], chance: random.Random) -> None:
    at = _at(lines, chance)
    letters = list(lines[at] or "x")
    letters[chance.randrange(len(letters))] = chance.choice((*"aA0_-:,[]{}#&*!|>'\"%@`\t \\?", "", "é", "\x07"))
    lines[at] = "".join(letters)


def _value(lines: list[str], chance: random.Random) -> None:
    at = _at(lines, chance)
    lines[at] = f"{lines[at].split(':')[0]}: {chance.choice(_VALUES)}"


def _item(lines: list[str], chance: random.Random) -> None:
    lines.insert(_at(lines, chance) + 1, f"    - {chance.choice(_VALUES)}")


def _key(lines: list[str], chance: random.Random) -> None:
    at = _at(lines, chance)
    indent = len(lines[at]) - len(lines[at].lstrip())
    lines.insert(at, f"{' ' * indent}{chance.choice(_KEYS)}: {chance.choice(_VALUES)}")


def _rename(lines: list[str], chance: random.Random) -> None:
    at = _at(lines, chance)
    _, colon, rest = lines[at].partition(":")
    lines[at] = chance.choice(_KEYS) + (colon or ":") + rest


def _cut(lines: list[str], chance: random.Random) -> None:
    at = _at(lines, chance)
    lines[at:] = [lines[at][: chance.randrange(len(lines[at]) + 1)]]


def _deep(lines: list[str], chance: random.Random) -> None:
    depth = chance.choice((5, 5, 20, 100, 100, 900))
    opening, closing = chance.choice((("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("&a [", "")))
    lines.insert(_at(lines, chance), "dags: " + opening * depth + closing * chance.choice((0, depth)))


def _stairs(lines: list[str], chance: random.Random) -> None:
    lines += [f"{' ' * level}a:" for level in range(chance.choice((10, 400)))]


def _laugh(lines: list[str], chance: random.Random) -> None:
    """Aliases of aliases, as items or as merges: a few lines that stand for millions of values."""
    wide, high = chance.choice(((10, 9), (2, 40), (3, 5)))
    merges = chance.random() < 0.5
    lines.append("l0: &l0 " + ("{name: x}" if merges else "[x]"))
    for level in range(1, high):
        inner = ", ".join([f"*l{level - 1}"] * wide)
        lines.append(f"l{level}: &l{level} " + (f"{{<<: [{inner}]}}" if merges else f"[{inner}]"))


def _many(lines: list[str], chance: random.Random) -> None:
    count = chance.choice((10, 300))
    keys = "\n".join(f"k{number}: 1" for number in range(count))
    lines += [chance.choice(("size: [" + "1, " * count + "]", keys)), "airflow: {extras: [" + "1, " * count + "]}"]


def _documents(lines: list[str], chance: random.Random) -> None:
    mark = chance.choice(("---", "...", "%YAML 1.1\n---", "%TAG ! x\n---", "--- |", "---\n---"))
    lines.insert(_at(lines, chance), mark)


def _all_gone(lines: list[str], chance: random.Random) -> None:
    lines[:] = [chance.choice(_VALUES)]


def _bytes_too(content: bytes, chance: random.Random) -> bytes:
    """What is not even text, or not UTF-8."""
    changed = bytearray(content)
    match chance.randrange(4):
        case 0:
            for _ in range(chance.randint(1, 8)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        case 1:
            changed = bytearray(content.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32"))))
        case 2:
            changed = bytearray(chance.randbytes(chance.choice((1, 50, 3000))))
        case _:
            at = chance.randrange(len(changed))
            changed[at:at] = chance.choice((b"\x00", b"\xff\xfe", b"\x1b[31m", b"\xed\xa0\x80", b"\xf0\x9f"))
    return bytes(changed)


_BREAKS: tuple[Break, ...] = (
    *(_delete, _repeat, _swap, _indent, _outdent, _mistype, _mistype, _rename, _cut, _documents, _all_gone),
    *(_value, _value, _value, _item, _item, _key, _key, _deep, _stairs, _laugh, _many),
)
