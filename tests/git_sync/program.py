"""What git-sync v4 does, as far as Airstrip goes by it: a commit's files in a folder of its name, and a link to it.

Only flags that Airstrip gives; another one ends it, as it ends git-sync. Runs in the image of the cluster's tests and
on this machine: the standard library, git and ssh.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

_UNITS = {"s": 1, "m": 60, "h": 3600}
_DEFAULTS = ("gc.autoDetach=false", "credential.helper=cache", "core.askPass=true", "safe.directory=*")


def seconds(text: str) -> int:
    return int(text[:-1]) * _UNITS[text[-1]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--repo", "--root"):
        parser.add_argument(name, required=True)
    for name in ("--link", "--git-config", "--ssh-key-file", "--ssh-known-hosts-file", "--webhook-url"):
        parser.add_argument(name, default="")
    parser.add_argument("--ref", default="HEAD")
    parser.add_argument("--submodules", choices=("recursive", "shallow", "off"), default="recursive")
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--max-failures", type=int, default=0)
    parser.add_argument("--period", type=seconds, default=10)
    parser.add_argument("--sync-timeout", type=seconds, default=120)
    parser.add_argument("--stale-worktree-timeout", type=seconds, default=0)
    return parser.parse_args()


class Syncer:
    """One folder, `root`: a repository, `.worktrees/COMMIT`, and the link."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.root = Path(options.root)
        self.link = self.root / (options.link or options.repo.rstrip("/").rpartition("/")[2])
        self.worktrees = self.root / ".worktrees"

    def git(self, *words: str, folder: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=folder or self.root,
            capture_output=True,
            text=True,
            timeout=self.options.sync_timeout,
        )
        if done.returncode != 0:
            said = f"{{ stdout: {json.dumps(done.stdout.strip())}, stderr: {json.dumps(done.stderr.strip())} }}"
            raise RuntimeError(f"Run(git {' '.join(words)}): exit status {done.returncode}: {said}")
        return done.stdout.strip()

    def configure(self) -> None:
        """A global file of its own, and no system's."""
        file = tempfile.mkstemp(prefix="git-sync.gitconfig.")[1]
        os.environ.update(GIT_CONFIG_GLOBAL=file, GIT_CONFIG_NOSYSTEM="true")
        own = [word.replace("=", ":", 1) for word in _DEFAULTS]
        for pair in [*own, *filter(None, self.options.git_config.split(","))]:
            self.git("config", "--global", *pair.split(":", 1), folder=Path("/"))
        ssh = os.environ.get("GIT_SSH_COMMAND", "ssh")
        if self.options.ssh_key_file:
            ssh += f" -i {self.options.ssh_key_file}"
        known_hosts = self.options.ssh_known_hosts_file or "/etc/git-secret/known_hosts"
        os.environ["GIT_SSH_COMMAND"] = f"{ssh} -o StrictHostKeyChecking=yes -o UserKnownHostsFile={known_hosts}"

    def sync(self) -> str:
        """The new commit; empty where the one that is live is the one."""
        self.root.mkdir(mode=0o775, parents=True, exist_ok=True)
        if not (self.root / ".git").is_dir():
            self.git("init", "--quiet", "-b", "git-sync")
        depth = [f"--depth={self.options.depth}"] if self.options.depth else []
        self.git("fetch", self.options.repo, self.options.ref, "--prune", "--no-auto-gc", *depth)
        commit = self.git("rev-parse", "FETCH_HEAD^{}")
        before = self.link.readlink().name if self.link.is_symlink() else ""
        if commit == before:
            return ""
        self.check_out(commit)
        self.publish(commit)
        if before and (self.worktrees / before).exists():
            os.utime(self.worktrees / before)
        return commit

    def check_out(self, commit: str) -> None:
        folder = self.worktrees / commit
        if folder.exists():
            shutil.rmtree(folder)
            self.git("worktree", "prune")
        self.git("worktree", "add", "--force", "--detach", str(folder), commit, "--no-checkout")
        # Relative, so that another container may mount the volume elsewhere.
        (folder / ".git").write_text(f"gitdir: ../../.git/worktrees/{commit}\n")
        self.git("reset", "--hard", "--quiet", commit, "--", folder=folder)
        if self.options.submodules != "off":
            recursive = ["--recursive"] if self.options.submodules == "recursive" else []
            depth = ["--depth", str(self.options.depth)] if self.options.depth else []
            self.git("submodule", "update", "--init", *recursive, *depth, folder=folder)

    def publish(self, commit: str) -> None:
        """In one step."""
        fresh = self.link.with_name("tmp-link")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.path.relpath(self.worktrees / commit, self.link.parent))
        fresh.replace(self.link)

    def clean(self) -> None:
        live = self.link.readlink().name
        for folder in self.worktrees.iterdir():
            age = time.time() - folder.stat().st_mtime
            if folder.name != live and age > self.options.stale_worktree_timeout:
                shutil.rmtree(folder)
                self.git("worktree", "prune")

    def tell(self, commit: str) -> None:
        if self.options.webhook_url:
            request = urllib.request.Request(self.options.webhook_url, method="POST", headers={"Gitsync-Hash": commit})
            urllib.request.urlopen(request, timeout=1).close()


def say(text: str, **more: object) -> None:
    print(json.dumps({"level": 0, "msg": text, **more}), file=sys.stderr, flush=True)


def main() -> None:
    options = arguments()
    # Files are for others too: who reads them has another user.
    os.umask(0o022)
    syncer = Syncer(options)
    syncer.configure()
    failures = 0
    while True:
        try:
            if commit := syncer.sync():
                say("updated successfully", ref=options.ref, remote=commit)
                syncer.tell(commit)
            syncer.clean()
            failures = 0
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            failures += 1
            say("error syncing repo, will retry", error=str(error), failCount=failures)
            if 0 <= options.max_failures <= failures:
                sys.exit(1)
        time.sleep(options.period)


if __name__ == "__main__":
    main()
