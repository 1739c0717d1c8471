"""Docker and Podman: their commands, and what their failures mean."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airstrip.errors import CommandError, ImageError
from airstrip.events import Progress
from airstrip.images.containerfile.context import CONTAINERFILE
from airstrip.images.containerfile.settings import BuildSecrets
from airstrip.process import Command, Completed, run, stream
from airstrip.redaction import Redaction, without_credentials

# A daemon that does not answer by then has other troubles.
_PATIENCE = 60.0
# To take a system of a few hundred MB, or to give an image of some GB, on a slow disk.
_COPY_SECONDS = 1800.0
_STEP = re.compile(r"(?:#\d+ )?(\[[^\]]+\] (?:STEP \S+ )?\S+|STEP \S+ \S+)")
# Both programs repeat a whole RUN with each line about it.
_WIDEST = 200
_PACKAGES = {"docker": "docker.io", "podman": "podman"}


@dataclass(frozen=True)
class Engine:
    """`name` is the program's. Docker builds with BuildKit: its older builder mounts nothing."""

    name: str

    def command(self, *words: str, cwd: Path | None = None) -> Command:
        # Another builder of the user's (`buildx create --use`) gives the engine no image, and has none of its images.
        env = {"DOCKER_BUILDKIT": "1", "BUILDX_BUILDER": "default"} if self.name == "docker" else {}
        return Command((self.name, *words), env=env, cwd=cwd, tied=True)

    def require(self) -> None:
        """Raises ImageError where the program is not there, or what it works by does not answer."""
        if shutil.which(self.name) is None:
            raise ImageError(
                "image.builder-missing",
                f"the image cannot be built: {self.name} is not installed",
                cause=f"image.builder is {self.name}.",
                fix=f"As root: apt-get install {_PACKAGES[self.name]}. Or remove image.builder.",
            )
        ask = ("version", "--format", "{{.Server.Version}}") if self.name == "docker" else ("info",)
        self._ask(*ask)

    def layers_of(self, reference: str) -> tuple[str, ...]:
        """The digests of an image's layers, lowest first; none where the engine does not have it."""
        shown = ("image", "inspect", "--format", "{{range .RootFS.Layers}}{{println .}}{{end}}", reference)
        done = self._ask(*shown, check=False)
        return tuple(done.stdout.split()) if done.exit_code == 0 else ()

    def import_system(self, archive: Path, reference: str) -> None:
        """Makes an image of one layer, which keeps its digest."""
        self._copy("import", str(archive), reference)

    def build(self, context: Path, name: str, secrets: BuildSecrets, more: Sequence[str], progress: Progress) -> str:
        """The image's id. Raises ImageError with the program's last words, without secrets."""
        made = context.with_name("id")
        passed = [word for name, file in secrets.files.items() for word in ("--secret", f"id={name},src={file}")]
        plain = ("--progress=plain",) if self.name == "docker" else ()
        command = self.command(
            # The index is reached as this machine reaches it, and an engine without a bridge will do.
            *("build", *plain, "--network=host", "--file", str(context / CONTAINERFILE)),
            *("--tag", name, "--iidfile", str(made), *passed, *more, str(context)),
        )
        try:
            stream(command, lambda line: progress.say(found[1]) if (found := _STEP.match(line)) else None)
        except CommandError as error:
            if error.code != "process.failed":
                raise
            told = Redaction(secrets.words)(error.details).splitlines()
            raise self._failed("\n".join(line[:_WIDEST] for line in told)) from error
        return made.read_text().strip()

    def save(self, image: str, archive: Path) -> None:
        form = ("--format", "docker-archive") if self.name == "podman" else ()
        self._copy("save", *form, "--output", str(archive), image)

    def _ask(self, *words: str, check: bool = True) -> Completed:
        """What is answered at once. Raises ImageError where it is not, or, with `check`, where that fails."""
        try:
            done = run(self.command(*words), check=False, timeout=_PATIENCE)
        except CommandError as error:
            raise self._unreachable(words[0], error.message) from error
        if check and done.exit_code != 0:
            raise self._unreachable(words[0], done.stderr)
        return done

    def _copy(self, *words: str) -> None:
        """Raises ImageError with the program's words, and where it does not end."""
        try:
            run(self.command(*words), timeout=_COPY_SECONDS)
        except CommandError as error:
            raise ImageError(
                "image.builder-copy",
                f"`{self.name} {words[0]}` failed: the image's layers could not be exchanged with {self.name}",
                cause="A disk is full, this machine's or the engine's own, or the engine stopped meanwhile.",
                fix=f"See its words below, `df -h`, and what {self.name} keeps: {self.name} system df",
                details=without_credentials(f"{error.message}\n{error.details}".strip()),
            ) from error

    def _unreachable(self, verb: str, said: str) -> ImageError:
        return ImageError(
            "image.builder-unreachable",
            f"the image cannot be built: {self.name} does not work here",
            cause="Its daemon does not run, is another user's, or DOCKER_HOST and the context name another one."
            if self.name == "docker"
            else "It is not set up for this user, or the kernel refuses what it needs.",
            fix=f"Let `{self.name} {verb}` work first. Or remove image.builder: Airstrip builds it then.",
            details=without_credentials(said.strip()),
        )

    def _failed(self, details: str) -> ImageError:
        if "buildx component is missing" in details:
            return ImageError(
                "image.no-buildx",
                "the image cannot be built: this docker has no buildx",
                cause="Docker 23 and newer build by a plugin of that name.",
                fix="Install it: apt-get install docker-buildx, or docker-buildx-plugin of Docker's own packages.",
            )
        return ImageError(
            "image.builder-failed",
            f"{self.name} could not build the image",
            cause="image.base is not there or not Debian 12, a package is not, or the package index was not reached.",
            fix=f"See {self.name}'s last words below; `./airstrip image containerfile NAME` shows what it was to do.",
            details=details,
        )
