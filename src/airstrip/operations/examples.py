"""The examples that `init` writes: the folders of examples/, of which a clone has a link here and a wheel a copy.

NAME/README.md       begins with `# NAME: what it shows`
NAME/airstrip.yaml   what it needs of a deployment's file, if anything
NAME/dags/           its DAG `example_NAME`, and what belongs to it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from airstrip.answers import ExampleData, ExamplesData
from airstrip.errors import UsageError
from airstrip.operations.additions import read_file
from airstrip.result import Result

FOLDER = Path(__file__).parent / "templates" / "examples"


@dataclass(frozen=True)
class Example:
    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def about(self) -> str:
        """What it shows, in a line."""
        return (self.folder / "README.md").read_text().partition("\n")[0].partition(": ")[2]

    @property
    def needs(self) -> Mapping[str, Any]:
        """Keys of a deployment's file."""
        file = self.folder / "airstrip.yaml"
        return dict(read_file(file).data) if file.exists() else {}

    def dags(self) -> Mapping[Path, str]:
        """Texts, by their paths in the folder of DAGs."""
        root = self.folder / "dags"
        files = (path for path in sorted(root.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(root): path.read_text() for path in files}


def all_examples() -> tuple[Example, ...]:
    return tuple(Example(file.parent) for file in sorted(FOLDER.glob("*/README.md")))


def find_examples(names: tuple[str, ...]) -> tuple[Example, ...]:
    """Raises UsageError for a name that there is not, with those that there are."""
    known = {example.name: example for example in all_examples()}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3)
            raise UsageError(
                "init.unknown-example",
                f"there is no example {name}",
                cause=f"Did you mean {' or '.join(near)}?" if near else "",
                fix=f"One of: {', '.join(known)}. What they show: ./airstrip init --list-examples",
            )
    return tuple(known[name] for name in dict.fromkeys(names))


def list_examples() -> Result[ExamplesData]:
    """What `init` can write, by name."""
    rows: list[ExampleData] = [
        {"example": one.name, "dag": f"example_{one.name}", "about": one.about} for one in all_examples()
    ]
    return Result("init", {"examples": rows})
