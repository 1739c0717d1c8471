from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.images.airflow import system_recipe
from airstrip.images.postgresql import system_recipe as postgresql_recipe
from airstrip.images.recipe import Account, SystemRecipe
from airstrip.images.rootfs import clean, inside, within
from airstrip.images.sources import parse_index_targets
from airstrip.images.system import build_install_command, require_builder, write_seed

LISTED = """\
Debian|http://mirror.example.org/debian/|bookworm|main
Debian|http://mirror.example.org/debian/|bookworm|main
Debian|http://mirror.example.org/debian/|bookworm|contrib
Debian|http://mirror.example.org/debian/|bookworm-updates|main
Debian|http://mirror.example.org/security/|bookworm-security|main
Debian|http://mirror.example.org/debian/|trixie|main
. nodistro|https://node.example.org/|bookworm|main
"""


def test_the_host_s_own_mirrors_of_the_suite_are_used() -> None:
    assert parse_index_targets(LISTED, "bookworm") == (
        "deb http://mirror.example.org/debian/ bookworm main\n"
        "deb http://mirror.example.org/debian/ bookworm-updates main\n"
        "deb http://mirror.example.org/security/ bookworm-security main\n"
    )


def test_another_release_s_mirrors_are_not_used() -> None:
    assert parse_index_targets("Ubuntu|http://x/|noble|main\n", "bookworm") == ""
    assert parse_index_targets("Debian|http://x/|bookworm-security|main\n", "bookworm") == ""
    assert parse_index_targets("", "bookworm") == ""


def test_packages_decide_the_layer() -> None:
    assert system_recipe(("tini", "libaio1")).key == system_recipe(("libaio1",)).key
    assert system_recipe(("libaio1",)).key != system_recipe().key
    assert system_recipe().key != postgresql_recipe().key


def test_the_installer_gets_no_secrets_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    monkeypatch.setenv("HTTP_PROXY", "http://me:pw@proxy")
    seed = tmp_path / "seed"

    command = build_install_command(system_recipe(), seed, tmp_path / "rootfs", seed / "sources.list")

    assert command.env["MY_TOKEN"] is None
    assert "HTTP_PROXY" not in command.env
    assert not any("pw" in argument for argument in command.argv)
    assert command.argv[-3:] == ("bookworm", str(tmp_path / "rootfs"), str(seed / "sources.list"))
    assert "--mount" in command.argv
    # Killed by the kernel when we are: the namespaces' first process, and by --kill-child all in them.
    assert command.tied
    assert command.argv[0] == "unshare"
    assert "--kill-child" in command.argv


def test_without_sources_the_installer_s_default_is_taken(tmp_path: Path) -> None:
    command = build_install_command(system_recipe(), tmp_path, tmp_path / "rootfs", None)

    assert command.argv[-2:] == ("bookworm", str(tmp_path / "rootfs"))


def test_seed_names_the_accounts(tmp_path: Path) -> None:
    recipe = SystemRecipe(
        packages=(),
        accounts=(Account("airflow", 50000, 0, "/opt/airflow"), Account("postgres", 999, 999, "/x")),
        seeds={"etc/a/b.conf": "c\n"},
    )

    write_seed(recipe, tmp_path / "seed")

    passwd = (tmp_path / "seed" / "passwd").read_text()
    assert passwd.startswith("airflow:x:50000:0::/opt/airflow:")
    assert (tmp_path / "seed" / "group").read_text() == "postgres:x:999:\n"
    assert (tmp_path / "seed/files/etc/a/b.conf").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "seed/files/etc/a").stat().st_mode & 0o777 == 0o755


def test_links_do_not_lead_out_of_the_system(tmp_path: Path) -> None:
    rootfs, host = tmp_path / "rootfs", tmp_path / "host"
    (host / "apt").mkdir(parents=True)
    (host / "apt" / "pkgcache.bin").write_text("")
    (rootfs / "var").mkdir(parents=True)
    (rootfs / "etc/ssl/certs").mkdir(parents=True)
    (rootfs / "var" / "cache").symlink_to(host)
    (rootfs / "var" / "run").symlink_to(host)

    clean(rootfs)

    assert (host / "apt" / "pkgcache.bin").exists()
    assert within(rootfs, "run/postgresql") == rootfs / "run/postgresql"
    with pytest.raises(ImageError) as caught:
        within(rootfs, "var/run/postgresql")
    assert caught.value.code == "image.outside-root"


def test_traces_of_this_machine_are_removed(tmp_path: Path) -> None:
    gone = ["etc/resolv.conf", "etc/hostname", "etc/apt/sources.list.d/a", "etc/passwd-", "var/log/apt/b", "run/c/d"]
    kept = ["etc/passwd", "etc/apt/trusted.gpg.d/e", "usr/share/doc/f/copyright"]
    for name in (*gone, *kept, "usr/lib/x/libLLVM.so"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "etc/ssl/certs").mkdir(parents=True)
    (tmp_path / "etc/ssl/certs/0a1b.0").symlink_to("ssl-cert-snakeoil.pem")
    (tmp_path / "etc/ssl/certs/2c3d.0").symlink_to("root.pem")

    clean(tmp_path, ("usr/lib/*/libLLVM*",))

    assert [name for name in gone if (tmp_path / name).exists()] == []
    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert not (tmp_path / "usr/lib/x/libLLVM.so").exists()
    assert [path.name for path in (tmp_path / "etc/ssl/certs").iterdir()] == ["2c3d.0"]


def test_programs_inside_see_nothing_of_our_environment(tmp_path: Path) -> None:
    command = inside(tmp_path, "/usr/bin/python3", "-V")

    assert command.argv[:4] == ("chroot", str(tmp_path), "/usr/bin/env", "-i")
    assert command.tied


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ImageError) as caught:
        require_builder()
    assert caught.value.code == "image.no-mmdebstrap"

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ImageError) as caught:
        require_builder()
    assert caught.value.code == "image.needs-root"
