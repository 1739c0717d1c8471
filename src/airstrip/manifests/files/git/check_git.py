"""Gets into each repository that DAGs come from, as the dag-processor and every task's pod will.

    python check_git.py

With Airflow's own hook and the settings that it finds in the environment. Asks for the branch, tag or
commit, and for the folder; takes neither history nor files. What git says is printed as it is; lines that
begin with `airstrip:` are this program's own. Ends with 1 where anything is not as it should be.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess  # noqa: TID251 - this runs in the image, where process.py is not
import sys
import tempfile

BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
GIT_BUNDLE = "airflow.providers.git.bundles.git.GitDagBundle"
SECONDS = 90
"""For one answer; git's own limits are below that."""
HEADS_SECONDS = 20
"""For whoever asks what is there now: several servers may be silent, one after the other."""
BRANCHES_AND_TAGS = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
"""All that the provider's GitDagBundle has of a repository; into none of a folder's own branches: git may be on one."""


class Absent(Exception):
    """What a repository, or the image, has not got."""


class Git:
    """git as the provider runs it: with its environment, in a folder of this program's own."""

    def __init__(self, folder, env, seconds=SECONDS):
        self.folder = folder
        self.seconds = seconds
        self.env = {**os.environ, **env, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}

    def run(self, *arguments):
        command = ["git", *arguments]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=self.folder, env=self.env, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        ) as process:
            try:
                said, errors = process.communicate(timeout=self.seconds)
            except BaseException as error:
                # With ssh and what else it has started: they would go on, and write into a folder that is to go.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise Absent(f"no answer within {self.seconds} s") from None
                raise
        return subprocess.CompletedProcess(command, process.returncode, said, errors)

    def ok(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, arguments, done.stdout, done.stderr)
        return done.stdout


def git_bundles():
    """Name and arguments of each bundle that comes from git."""
    return [
        (item["name"], item["kwargs"]) for item in json.loads(os.environ[BUNDLES]) if item["classpath"] == GIT_BUNDLE
    ]


def find_hook():
    """The provider's; needs the programs that it runs, too."""
    for program in ("git", "ssh"):
        if not shutil.which(program):
            raise Absent(f"the image has no program {program}")
    try:
        from airflow.providers.git.hooks.git import GitHook
    except ModuleNotFoundError as error:
        raise Absent(f"the image has no apache-airflow-providers-git: {error}") from error
    return GitHook


@contextlib.contextmanager
def entering(hook_class, kwargs, seconds=SECONDS):
    """git in an empty folder, which goes at the end, and the address that the hook has made."""
    hook = hook_class(git_conn_id=kwargs["git_conn_id"], repo_url=kwargs["repo_url"])
    with hook.configure_hook_env(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Git(folder, hook.env, seconds), hook.repo_url


def check(hook_class, kwargs):
    """What was found, in words. Raises Absent, CalledProcessError with git's own words."""
    with entering(hook_class, kwargs) as (git, url):
        commit, where = obtain(git, url, kwargs)
        return f"{kwargs['tracking_ref']} is commit {commit}, {where}"


def obtain(git, url, kwargs, files=False):
    """The commit that whoever brings a bundle's files has, by its id, and its folder in words.

    With `files` it is checked out in git's own folder. Raises Absent, CalledProcessError with git's own words.
    """
    ref = kwargs["tracking_ref"]
    commit = find_ref(git, url, ref)
    git.ok("init", "--quiet", ".")
    git.ok("remote", "add", "origin", url)
    is_cloned = commit is None and not kwargs.get("is_synced")
    found = fetch_cloned(git, ref, files) if is_cloned else fetch(git, ref, commit, files)
    where = find_folder(git, found, kwargs.get("subdir"))
    if files:
        git.ok("checkout", "--quiet", "--detach", found)
    return found, where


def heads():
    """What each remote has now: the commit by the bundle's name, or why it cannot be told."""
    told = {}
    for name, kwargs in git_bundles():
        try:
            hook = find_hook()(git_conn_id=kwargs["git_conn_id"], repo_url=kwargs["repo_url"])
            with hook.configure_hook_env():
                found = find_ref(Git(None, hook.env, HEADS_SECONDS), hook.repo_url, kwargs["tracking_ref"])
                told[name] = {"commit": found or kwargs["tracking_ref"]}
        except Absent as absent:
            told[name] = {"error": str(absent)}
        except subprocess.CalledProcessError as error:
            told[name] = {"error": error.stderr.strip()}
        # Of Airflow's hook: one bundle's trouble is not the others'.
        except Exception as error:
            told[name] = {"error": f"{type(error).__name__}: {error}"}
    return told


def find_ref(git, url, ref):
    """The commit of a branch, a tag or HEAD; None for a commit, which servers do not list."""
    listed = git.ok("ls-remote", "--quiet", url)
    found = dict(reversed(line.split("\t", 1)) for line in listed.splitlines() if "\t" in line)
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", ref):
        return None
    full = ref if ref == "HEAD" or ref.startswith("refs/") else f"refs/heads/{ref}"
    if full in found:
        # Of a tag with a text of its own: the commit behind it.
        return found.get(f"{full}^{{}}", found[full])
    kind, prefix = ("tag", "refs/tags/") if full.startswith("refs/tags/") else ("branch", "refs/heads/")
    others = [name[len(prefix) :] for name in found if name.startswith(prefix) and not name.endswith("^{}")]
    has = f"it has {', '.join(others[:10])}" if others else "it has none"
    if ref == "HEAD":
        raise Absent(f"the repository has no default branch: {has}")
    raise Absent(f"the repository has no {kind} {full[len(prefix) :]}: {has}")


def fetch(git, ref, commit, files):
    """The commit's id; from a server that gives no single commits, by all of the history."""
    by_name = commit is not None and ref != "HEAD" and not ref.startswith("refs/")
    source = f"refs/heads/{ref}" if by_name else ref
    if git.run("fetch", "--quiet", "--depth=1", *without(files), "origin", source).returncode == 0:
        return git.ok("rev-parse", "FETCH_HEAD^{commit}").strip()
    git.ok("fetch", "--quiet", "origin", *BRANCHES_AND_TAGS)
    return find_commit(git, commit or ref)


def fetch_cloned(git, commit, files):
    """The commit's id, where a clone has it: servers give others by name too, such as one that was pushed over."""
    git.ok("fetch", "--quiet", *without(files), "origin", *BRANCHES_AND_TAGS)
    found = find_commit(git, commit)
    if not git.ok("for-each-ref", "--count=1", f"--contains={found}"):
        raise Absent(f"no branch or tag of the repository has the commit {commit}, so a clone lacks it")
    return found


def without(files):
    """Arguments for a fetch; with folders, as not every server gives one that is asked for afterwards."""
    return () if files else ("--filter=blob:none",)


def find_commit(git, ref):
    found = git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if found.returncode != 0:
        raise Absent(f"the repository has no commit {ref}")
    return found.stdout.strip()


def find_folder(git, commit, folder):
    if not folder:
        return "with DAGs in all of it"
    kind = git.run("cat-file", "-t", f"{commit}:{folder}")
    if kind.returncode == 0 and kind.stdout.strip() == "tree":
        return f"with the folder {folder}"
    listed = git.run("ls-tree", "-d", "--name-only", commit).stdout.split("\n")
    folders = ", ".join(name for name in listed[:10] if name) or "none"
    raise Absent(f"the repository has no folder {folder} there; its folders at the top: {folders}")


def main():
    try:
        hook_class = find_hook()
    except Absent as absent:
        print(f"airstrip: {absent}", flush=True)
        return 1
    failed = 0
    for name, kwargs in git_bundles():
        try:
            print(f"{name}: {check(hook_class, kwargs)}", flush=True)
        except Absent as absent:
            failed = 1
            print(f"airstrip: {name}: {absent}", flush=True)
        except subprocess.CalledProcessError as error:
            failed = 1
            for line in (error.stderr or f"git {error.cmd[0]} ended with {error.returncode}").strip().splitlines():
                print(f"{name}: {line}", flush=True)
        # Of Airflow's hook: one bundle's trouble is not the others'.
        except Exception as error:
            failed = 1
            print(f"airstrip: {name}: {type(error).__name__}: {error}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
