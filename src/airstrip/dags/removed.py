"""What Airflow 3 removed, or will not take for long, where files still use it: ruff's rules, which run nothing."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from airstrip.process import Command, run

_REMOVED = "AIR301,AIR302"
_OUTDATED = "AIR3"
"""Those two, and what Airflow 3 only warns of."""
_SECONDS = 60.0
_DAILY = "where the DAG runs once a day"
IN_TEMPLATES = {
    "conf": "Write the value itself, or keep it as a variable: tasks do not see Airflow's configuration.",
    "execution_date": "Write logical_date instead.",
    "next_ds": f"Write macros.ds_add(ds, 1) instead, {_DAILY}.",
    "next_ds_nodash": f"Write macros.ds_add(ds, 1) | replace('-', '') instead, {_DAILY}.",
    "next_execution_date": f"Write logical_date + macros.timedelta(days=1) instead, {_DAILY}.",
    "prev_ds": f"Write macros.ds_add(ds, -1) instead, {_DAILY}.",
    "prev_ds_nodash": f"Write macros.ds_add(ds, -1) | replace('-', '') instead, {_DAILY}.",
    "prev_execution_date": f"Write logical_date - macros.timedelta(days=1) instead, {_DAILY}.",
    "prev_execution_date_success": "Write prev_data_interval_start_success instead.",
    "tomorrow_ds": "Write macros.ds_add(ds, 1) instead.",
    "tomorrow_ds_nodash": "Write macros.ds_add(ds, 1) | replace('-', '') instead.",
    "triggering_dataset_events": "Write triggering_asset_events instead.",
    "yesterday_ds": "Write macros.ds_add(ds, -1) instead.",
    "yesterday_ds_nodash": "Write macros.ds_add(ds, -1) | replace('-', '') instead.",
}
"""What to write for names of Airflow 2's templates, of which ruff knows nothing."""


@dataclass(frozen=True)
class Removed:
    """`file` is relative to the folder; `what` is ruff's sentence, `name` the words that it puts in quotes first."""

    file: str
    line: int
    what: str
    fix: str
    rule: str = ""

    @property
    def name(self) -> str:
        return ([*self.what.split("`"), "", ""])[1]


def find_removed(folder: Path) -> tuple[Removed, ...]:
    """In the order of files and lines. Raises CommandError where ruff cannot be run."""
    return _ask(folder, _REMOVED)


def find_outdated(folder: Path) -> tuple[Removed, ...]:
    """What Airflow 3 removed, and what it takes for now. Raises CommandError where ruff cannot be run."""
    return _ask(folder, _OUTDATED, "--preview")


def _ask(folder: Path, rules: str, *more: str) -> tuple[Removed, ...]:
    done = run(ruff_command(folder, rules, *more), timeout=_SECONDS)
    found = [_removed(folder.resolve(), row) for row in json.loads(done.stdout)]
    return tuple(sorted((each for each in found if each), key=lambda each: (each.file, each.line)))


def ruff_command(folder: Path, rules: str, *more: str) -> Command:
    """The folder's own settings for ruff do not count, nor what git ignores."""
    options = ("--isolated", "--no-cache", "--no-respect-gitignore", "--exit-zero", "--output-format", "json", *more)
    return Command((sys.executable, "-m", "ruff", "check", *options, "--select", rules, str(folder.resolve())))


def _removed(folder: Path, row: dict[str, object]) -> Removed | None:
    """None for what is no rule: a file that is no Python is told of by who parses it."""
    rule = str(row.get("code"))
    if not rule.startswith(_OUTDATED):
        return None
    location, fix = row["location"], row.get("fix")
    assert isinstance(location, dict)
    # The second sentence of a message is what to use instead.
    message, _, more = str(row["message"]).partition("; ")
    instead = str(fix["message"]) if isinstance(fix, dict) else more
    return Removed(str(Path(str(row["filename"])).relative_to(folder)), int(location["row"]), message, instead, rule)
