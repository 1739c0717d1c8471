"""The facade's verbs for projects."""

from __future__ import annotations

from airstrip import operations
from airstrip.answers import ProjectData, ProjectsData, RemovedProjectData
from airstrip.events import Emit, discard
from airstrip.result import Result
from airstrip.spec import Forgotten, ProjectWords
from airstrip.targets.target import Confirm, agree


class Projects:
    """Of every `Deployment`."""

    _session: operations.Session

    def projects(self) -> Result[ProjectsData]:
        """Projects of the file and of the command line."""
        return operations.list_projects(self._session)

    def project(self, name: str) -> Result[ProjectData]:
        """One project; no secret's value is in it."""
        return operations.show_project(self._session, name)

    def add_project(self, name: str, words: ProjectWords | None = None, emit: Emit = discard) -> Result[ProjectData]:
        """Makes a project that the file does not declare; `up` leaves it, and so does `down` without data."""
        return operations.add_project(self._session, name, words or ProjectWords(), emit)

    def set_project(self, name: str, words: ProjectWords, emit: Emit = discard) -> Result[ProjectData]:
        """Gives a project what is said of it; what is not said stays."""
        return operations.set_project(self._session, name, words, emit)

    def unset_project(self, name: str, what: Forgotten, emit: Emit = discard) -> Result[ProjectData]:
        """Takes settings, secrets, its pool or its amounts from a project."""
        return operations.unset_project(self._session, name, what, emit)

    def remove_project(
        self, name: str, emit: Emit = discard, confirm: Confirm = agree, *, data: bool = False
    ) -> Result[RemovedProjectData]:
        """Takes a project away, once `confirm` agrees; with `data`, its data folder too."""
        return operations.remove_project(self._session, name, emit, confirm, data=data)
