"""What Airflow 3 removed, or will not take for long, where files still use it: ruff's rules, which run nothing."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
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
_PROVIDERS = {
    "hooks.aws_hook": "amazon.aws.hooks.base_aws",
    "hooks.bigquery_hook": "google.cloud.hooks.bigquery",
    "hooks.gcs_hook": "google.cloud.hooks.gcs",
    "hooks.sftp_hook": "sftp.hooks.sftp",
    "hooks.ssh_hook": "ssh.hooks.ssh",
    "kubernetes.secret": "cncf.kubernetes.secret",
    "operators.bigquery_operator": "google.cloud.operators.bigquery",
    "operators.kubernetes_pod_operator": "cncf.kubernetes.operators.pod",
    "operators.sftp_operator": "sftp.operators.sftp",
    "operators.slack_webhook_operator": "slack.operators.slack_webhook",
    "operators.ssh_operator": "ssh.operators.ssh",
    "sensors.file_sensor": "standard.sensors.filesystem",
}
"""Of modules below airflow.contrib, below airflow.providers: where their contents are now. Ruff does not say it."""
_DAYS_AGO = "airflow.utils.dates.days_ago"


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
    """In the order of files and lines, whatever they keep from linters. Raises CommandError without ruff."""
    return _ask(folder, _REMOVED, "--ignore-noqa")


def instead_of(name: str) -> str:
    """What to write for a module that Airflow 3 has not, or for something in it; empty where that is not known."""
    if name == _DAYS_AGO:
        return "Write a fixed date instead: datetime(2026, 1, 1), or pendulum.today('UTC').add(days=-1)"
    below = name.removeprefix("airflow.contrib.")
    found = (new for old, new in _PROVIDERS.items() if below == old or below.startswith(f"{old}."))
    return next((f"Import it from airflow.providers.{new}" for new in found if below != name), "")


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
    file = str(Path(str(row["filename"])).relative_to(folder))
    found = Removed(file, int(location["row"]), message.rstrip(";"), instead, rule)
    return found if instead else replace(found, fix=instead_of(found.name))
