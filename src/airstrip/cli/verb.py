"""What all verbs have in common: call, present, and turn every failure into words and an exit code."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from airstrip.cli.confirm import make_confirm
from airstrip.cli.errors import Interrupted, show_error, show_traceback, unexpected, with_clean_up
from airstrip.cli.present import present
from airstrip.cli.render import Voice, WatchedVoice, make_voice
from airstrip.errors import AirstripError
from airstrip.findings import Finding
from airstrip.result import AnyResult, error_document

Confirm = Callable[[str], bool]
Work = Callable[[Voice, Confirm], AnyResult]


@dataclass(frozen=True)
class Call:
    """How a verb was called: its name, and how it is to speak."""

    verb: str
    json: bool
    debug: bool
    yes: bool = False
    enter_agrees: bool = True
    """Whether Enter alone answers a question with yes: not where data is deleted."""
    lines: bool = False
    """With --json, stdout is JSON lines, of which the document is the last."""

    def run(self, work: Work) -> AnyResult:
        """Calls the facade with a voice and a way to ask, and prints the answer.

        Raises typer.Exit where the exit code is not 0.
        """
        result = self.attempt(work)
        if self.json:
            self._print(result.to_document())
        else:
            present(result)
        sys.stdout.flush()
        self._show_origins(result.findings)
        if result.exit_code:
            raise typer.Exit(result.exit_code)
        return result

    def attempt(self, work: Work) -> AnyResult:
        """As `run`, but the answer is left to the caller."""
        voice = WatchedVoice(make_voice(json=self.json))
        try:
            with voice:
                return work(voice, make_confirm(voice, yes=self.yes, enter_agrees=self.enter_agrees))
        except AirstripError as error:
            raise self.fail(with_clean_up(error, self.verb, has_begun=voice.has_begun)) from error
        except KeyboardInterrupt:
            raise self.fail(Interrupted(self.verb, has_begun=voice.has_begun)) from None
        except BrokenPipeError:
            raise
        except Exception as error:
            failure = with_clean_up(unexpected(error), self.verb, has_begun=voice.has_begun)
            raise self.fail(failure, error) from error

    def fail(self, error: AirstripError, origin: BaseException | None = None) -> typer.Exit:
        """Shows an error, with --json in the document and nowhere else; returns what to raise."""
        if self.json:
            self._print(error_document(self.verb, error))
        else:
            show_error(error)
        if self.debug:
            show_traceback(origin or error, json=self.json)
        self._show_origins(error.findings)
        return typer.Exit(error.exit_code)

    def _show_origins(self, findings: Sequence[Finding]) -> None:
        """Of what nobody foresaw and that did not end the verb: a defect is seen with --debug, wherever it hides."""
        for finding in findings:
            if self.debug and finding.origin:
                show_traceback(finding.origin, json=self.json)

    def _print(self, document: object) -> None:
        print(json_module.dumps(document, indent=None if self.lines else 2, default=str))
