"""Images by Docker and Podman, as far as neither is needed: what they are told, what they give, what they cannot.

The programs are small ones of our own here, which write down what they are asked; tests/image runs the real ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.errors import AirstripError, ImageError, UsageError
from airstrip.events import Progress, discard
from airstrip.images import Builder, ensure_task_image, find_task_image, plan_task_image, task_container_recipe
from airstrip.images.containerfile import engine
from airstrip.images.containerfile.build import build_by_engine, write_build_context
from airstrip.images.containerfile.engine import Engine
from airstrip.images.containerfile.settings import BuildSecrets, write_secrets
from airstrip.images.layer import EPOCH
from airstrip.images.store import ImageStore
from airstrip.redaction import Redaction

NONE = Path("/none")
DOCKER = Builder("docker")
OURS = ("opt/airflow/venv",)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that is looked into first."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_what_an_engine_builds_is_another_image_and_our_own_keeps_its_name(tmp_path: Path) -> None:
    image = find_task_image("python-basic", NONE)
    names = [
        plan_task_image(image, tmp_path, builder).reference
        for builder in (Builder(), DOCKER, Builder("podman"), Builder("docker", "team/base:1"))
    ]
    assert len(set(names)) == 4
    assert plan_task_image(image, tmp_path).reference == names[0]


def test_a_program_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError) as caught:
        ensure_task_image(
            find_task_image("python-basic", NONE), tmp_path / "cache", Path("uv"), discard, builder=Builder("podman")
        )
    assert caught.value.code == "image.builder-missing"
    assert "apt-get install podman" in caught.value.fix
    assert not (tmp_path / "cache").exists()


def test_a_daemon_that_does_not_answer(programs: Path) -> None:
    program(programs, "docker", 'echo "Cannot connect to the Docker daemon: token=hunter2hunter2" >&2; exit 1')
    with pytest.raises(ImageError) as caught:
        Engine("docker").require()
    assert caught.value.code == "image.builder-unreachable"
    assert "Cannot connect" in caught.value.details
    assert "hunter2" not in caught.value.details


def test_one_that_hangs_is_given_up(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PATIENCE", 0.3)
    program(programs, "docker", "exec sleep 60")
    asks: tuple[Callable[[], object], ...] = (Engine("docker").require, lambda: Engine("docker").layers_of("x"))
    for ask in asks:
        with pytest.raises(ImageError) as caught:
            ask()
        assert caught.value.code == "image.builder-unreachable"
        assert "did not end within" in caught.value.details


@pytest.mark.parametrize("script", ["exec sleep 60", 'echo "no space left, token=hunter2hunter2" >&2; exit 1'])
def test_layers_that_cannot_be_exchanged_are_told(
    programs: Path, tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_COPY_SECONDS", 0.3 if "sleep" in script else 60.0)
    program(programs, "podman", script)
    podman = Engine("podman")
    copies: tuple[Callable[[], None], ...] = (
        lambda: podman.save("x", tmp_path / "x"),
        lambda: podman.import_system(tmp_path / "x", "x"),
    )
    for copy in copies:
        with pytest.raises(ImageError) as caught:
            copy()
        assert caught.value.code == "image.builder-copy"
        assert caught.value.cause
        assert ("no space left" if "echo" in script else "did not end within") in caught.value.details
        assert "hunter2" not in caught.value.details


def test_docker_builds_by_its_own_builder_whichever_the_user_has_chosen(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDX_BUILDER", "multi-platform")
    program(programs, "docker", f'echo "$BUILDX_BUILDER" >{tmp_path}/asked')
    (tmp_path / "id").write_text("sha256:1\n")
    Engine("docker").build(tmp_path / "context", "x", BuildSecrets({}, ()), (), Progress(discard, "x"))
    assert (tmp_path / "asked").read_text() == "default\n"


def test_a_build_s_last_words_are_told_without_secrets(programs: Path, tmp_path: Path) -> None:
    context = tmp_path / "context"
    secrets = BuildSecrets({}, ("https://index.example.org/simple?key=s3cret-word",))
    said = "no wheel at https://index.example.org/simple?key=s3cret-word or https://me:hunter2@example.org"
    program(programs, "docker", f'echo "{said}"; exit 7')
    with pytest.raises(ImageError) as caught:
        Engine("docker").build(context, "x", secrets, (), Progress(discard, "x"))
    assert caught.value.code == "image.builder-failed"
    assert "no wheel at" in caught.value.details
    assert "s3cret-word" not in caught.value.details
    assert "hunter2" not in caught.value.details


def test_a_docker_without_buildx_is_told_what_to_install(programs: Path, tmp_path: Path) -> None:
    said = "ERROR: BuildKit is enabled but the buildx component is missing or broken."
    program(programs, "docker", f"echo '{said}'; exit 1")
    with pytest.raises(ImageError) as caught:
        Engine("docker").build(tmp_path / "context", "x", BuildSecrets({}, ()), (), Progress(discard, "x"))
    assert caught.value.code == "image.no-buildx"
    assert "docker-buildx" in caught.value.fix


def test_secrets_go_in_by_file_and_never_by_word(programs: Path, tmp_path: Path) -> None:
    environment = {
        "HOME": str(tmp_path),
        "UV_INDEX_PRIVATE_PASSWORD": "hunter2hunter2",
        "UV_DEFAULT_INDEX": "https://index.example.org/o'clock",
        "UV_CACHE_DIR": "/mine",
        "https_proxy": "http://proxy.example.org",
        "AWS_SECRET_ACCESS_KEY": "not-asked-for",
    }
    (tmp_path / ".netrc").write_text("machine example.org login me password netrc-word\n")
    secrets = write_secrets(tmp_path / "secrets", environment)
    assert set(secrets.files) == {"uv.env", "netrc"}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert secrets.files["uv.env"].read_text().splitlines() == [
        "export NETRC=/run/secrets/netrc",
        """export UV_DEFAULT_INDEX='https://index.example.org/o'"'"'clock'""",
        "export UV_INDEX_PRIVATE_PASSWORD=hunter2hunter2",
        "export https_proxy=http://proxy.example.org",
    ]
    (tmp_path / "id").write_text("sha256:1\n")
    program(programs, "docker", f'echo "$DOCKER_BUILDKIT $*" >{tmp_path}/asked')
    made = Engine("docker").build(tmp_path / "context", "name", secrets, ("--pull",), Progress(discard, "x"))
    asked = (tmp_path / "asked").read_text()
    assert made == "sha256:1"
    assert asked.startswith("1 build ")
    assert "--network=host" in asked
    assert f"--secret id=netrc,src={tmp_path}/.netrc" in asked
    assert "hunter2" not in asked
    assert "build-arg" not in asked


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".netrc", "machine example.org login me password tell-nobody\n"),
        (".netrc", "machine example.org\n  login me\n  password\n    tell-nobody\n"),
        (".config/uv/uv.toml", 'index-url = "https://me:tell-nobody@example.org/simple"\n'),
        (".config/uv/uv.toml", 'index-url = "https://tell-nobody@example.org/simple"\n'),
    ],
)
def test_a_password_is_struck_out_that_stands_alone(tmp_path: Path, file: str, text: str) -> None:
    """The engine's words may repeat it and not the line that it is from."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    secrets = write_secrets(tmp_path / "secrets", {"HOME": str(tmp_path)})
    assert Redaction(secrets.words)("refused tell-nobody at example.org") == "refused *** at example.org"


def test_uv_s_own_file_and_certificates_go_in_too(tmp_path: Path) -> None:
    own = tmp_path / ".config" / "uv" / "uv.toml"
    own.parent.mkdir(parents=True)
    own.write_text('index-url = "https://me:hunter2@example.org/simple"\n')
    (tmp_path / "bundle").write_text("certificates\n")
    environment = {"HOME": str(tmp_path), "SSL_CERT_FILE": str(tmp_path / "bundle")}
    secrets = write_secrets(tmp_path / "secrets", environment)
    assert secrets.files["uv.toml"] == own
    assert secrets.files["uv.env"].read_text().splitlines() == [
        "export SSL_CERT_FILE=/run/secrets/certificates",
        "export UV_CONFIG_FILE=/run/secrets/uv.toml",
    ]
    assert any("hunter2" in word for word in secrets.words)


def test_a_folder_to_build_from_has_all_that_the_containerfile_copies(tmp_path: Path) -> None:
    image = find_task_image("python-basic", NONE)
    recipe = task_container_recipe(image, DOCKER)
    uv = tmp_path / "uv"
    uv.write_text("a program")
    written = write_build_context(recipe, image.lock, uv, tmp_path / "out")
    names = {str(path.relative_to(tmp_path / "out")) for path in written}
    assert {"Containerfile", "requirements.lock", "uv", "check.py", "site-packages/airstrip_pods/__init__.py"} <= names
    assert (tmp_path / "out" / "uv").stat().st_mode & 0o777 == 0o755
    # It may name a URL with a password.
    assert (tmp_path / "out" / "requirements.lock").stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mtime for path in written} == {EPOCH}
    with pytest.raises(UsageError):
        write_build_context(recipe, image.lock, uv, tmp_path / "out")


def test_what_cannot_be_a_folder_to_build_from_is_named(tmp_path: Path) -> None:
    image = find_task_image("python-basic", NONE)
    recipe = task_container_recipe(image, DOCKER)
    (tmp_path / "file").touch()
    for folder, code in ((tmp_path / "file", "image.exists"), (tmp_path / "file" / "below", "file.not-written")):
        with pytest.raises(AirstripError) as raised:
            write_build_context(recipe, image.lock, tmp_path / "file", folder)
        assert raised.value.code == code


@pytest.mark.parametrize("code", [0, 1])
def test_secrets_are_gone_once_the_engine_has_built(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Before `save`, which takes long, and where the build fails."""
    image = find_task_image("python-basic", NONE)
    recipe = task_container_recipe(image, Builder("docker", "debian:12"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", "hunter2hunter2")
    program(programs, "docker", f"grep -rl hunter2 {work} >{tmp_path}/$1; echo sha256:1 >{work}/id; exit {code}")
    with pytest.raises(AirstripError):
        build_by_engine(
            recipe, image.lock, image.lock, ImageStore(tmp_path), work, Progress(discard, "x"), refresh=False
        )
    assert (tmp_path / "build").read_text().strip() == str(work / "secrets" / "uv.env")
    assert not (work / "secrets").exists()
    assert (tmp_path / "save").exists() is not bool(code)
    assert code or (tmp_path / "save").read_text() == ""
