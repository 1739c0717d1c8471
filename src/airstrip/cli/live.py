"""Events on a terminal: finished steps above, the running ones with their seconds below."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from airstrip.cli.colors import colored
from airstrip.cli.lines import format_event, format_seconds, print_log_line, write_question
from airstrip.cli.width import fold
from airstrip.events import Event, LogLine, StepFailed, StepFinished, StepProgress, StepStarted, Warned


class LiveVoice:
    """Draws on stderr; log lines go to stdout, beneath what is drawn."""

    def __init__(self) -> None:
        # rich takes an empty NO_COLOR for a wish too; the convention does not.
        self._console = Console(stderr=True, highlight=False, no_color=not colored(sys.stderr))
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn(
                "{task.fields[message]}",
                style="dim",
                markup=False,
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
            TimeElapsedColumn(),
            console=self._console,
            # Else what is printed to a file or a pipe would end up on the screen.
            redirect_stdout=False,
            transient=True,
            expand=True,
        )
        self._tasks: list[tuple[str, TaskID, str]] = []

    def __enter__(self) -> LiveVoice:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def ask(self, question: str) -> None:
        """Drawing goes on with the next step."""
        self._progress.stop()
        write_question(question)

    def __call__(self, event: Event) -> None:
        match event:
            case StepStarted():
                self._progress.start()
                task = self._progress.add_task(event.title, total=None, message="")
                self._tasks.append((event.step, task, event.title))
            case StepProgress():
                for step, task, _ in self._tasks:
                    if step == event.step:
                        self._progress.update(task, message=" ".join(event.message.split()))
            case StepFinished():
                self._end(event.step)
                note = f"  {event.note}" if event.note else ""
                self._print(("✓ ", "green"), event.title, (f"  {format_seconds(event.elapsed)}{note}", "dim"))
            case StepFailed():
                self._end(event.step)
                self._print(("✗ ", "red"), event.title, (f"  {format_seconds(event.elapsed)}", "dim"))
            case LogLine():
                self._log(event)
            case Warned():
                for line in fold(format_event(event), sys.stderr, 2):
                    self._print((line, "yellow"))
            case _:
                self._print(format_event(event))

    def _end(self, step: str) -> None:
        for index in range(len(self._tasks) - 1, -1, -1):
            if self._tasks[index][0] == step:
                self._progress.remove_task(self._tasks.pop(index)[1])
                return

    def _print(self, *parts: str | tuple[str, str]) -> None:
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    def _log(self, event: LogLine) -> None:
        # One terminal shows both: what is drawn has to make way for the line.
        if sys.stdout.isatty() and not event.source:
            self._console.print(Text.from_ansi(event.text), soft_wrap=True)
        elif sys.stdout.isatty():
            self._print((f"{event.source} | ", "dim"), event.text)
        else:
            print_log_line(event)
