"""Pushes a file to a branch, waits until it is told to go on, and takes it away again: `airstrip verify --git-write`.

In a pod like the one that gets into the repositories before a release, with that one's program: git has the settings,
the token and the key that it has there. Says a line of JSON of each commit, and of what hindered it. It never forces a
push, and whatever becomes of who started it, it takes away what it has pushed.
"""

from __future__ import annotations

import json
import pathlib
import runpy
import signal
import sys
import tempfile
import time

TRIES = 5
"""Of a push that somebody else's came before."""
SECONDS = 30
"""For one answer of the server."""
IDENTITY = {"NAME": "Airstrip", "EMAIL": "airstrip@verify.invalid"}


class Refused(Exception):
    """The server did not take it, in its own words."""


class Ended(Exception):
    """Somebody wants this pod to end."""


class Branch:
    """A branch of a server, with neither history nor files of it here."""

    def __init__(self, git, ref):
        self.git = git
        self.ref = ref
        self.may_have = False
        """The file: a push was begun, and its server did not say that it took none."""

    def put(self, path, text, message):
        """The commit on top of the branch with this file in it, or without it where `text` is None.

        None where it had no such file. Raises Refused.
        """
        for _ in range(TRIES):
            base = self.fetch()
            commit = self.commit(base, path, text, message)
            if commit is None:
                return None
            self.may_have = True
            done = self.git.run("push", "--porcelain", "origin", f"{commit}:{self.ref}")
            if done.returncode == 0:
                return commit
            self.may_have = text is None or not is_declined(done.stdout)
            if not is_overtaken(done.stdout):
                raise Refused(f"{done.stderr}\n{done.stdout}".strip())
        raise Refused(f"others pushed to it {TRIES} times, each time a moment before")

    def fetch(self):
        self.git.ok("fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", self.ref)
        return self.git.ok("rev-parse", "FETCH_HEAD^{commit}").strip()

    def commit(self, base, path, text, message):
        self.git.ok("read-tree", base)
        if text is None:
            if not self.git.ok("ls-files", "--", path):
                return None
            self.git.ok("rm", "--quiet", "--cached", "--force", "--", path)
        else:
            with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                blob = self.git.ok("hash-object", "-w", "--no-filters", file.name).strip()
            self.git.ok("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        # What other files hold was not fetched.
        tree = self.git.ok("write-tree", "--missing-ok").strip()
        return self.git.ok("commit-tree", tree, "-p", base, "-m", message).strip()


def is_overtaken(said):
    """Of `git push --porcelain`: the branch is not any more what was fetched."""
    words = ("(fetch first)", "(non-fast-forward)", "(stale info)", "cannot lock ref", "incorrect old value")
    return any(line.startswith("!") and any(word in line for word in words) for line in said.splitlines())


def is_declined(said):
    """Of `git push --porcelain`, by the server itself: of a connection that broke nobody knows what came of it."""
    return any(line.startswith("!") and "rejected]" in line for line in said.splitlines())


def say(what, **fields):
    print(json.dumps({"airstrip": what, **fields}), flush=True)


def end(*_):
    """Once: what follows is the taking away."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Ended


def prove(branch, wanted):
    """Adds the file, and takes it away."""
    path, what = wanted["path"], f"airstrip verify, deployment {wanted['deployment']}"
    refused = None
    try:
        try:
            say("added", commit=branch.put(path, wanted["text"], f"Add {path}\n\n{what} [skip ci]"))
            await_word(wanted)
        except Refused as error:
            refused = str(error)
        finally:
            # Inside of another: what ends us before this line has set it itself, and the taking away is whole.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
    finally:
        if branch.may_have:
            take_away(branch, path, what, refused)
        elif refused is not None:
            say("refused", message=refused)


def await_word(wanted):
    deadline = time.monotonic() + wanted["seconds"]
    while not pathlib.Path(wanted["goOn"]).exists() and time.monotonic() < deadline:
        time.sleep(0.1)


def take_away(branch, path, what, refused):
    """`refused` is of a push that failed and may have got there all the same: the branch tells."""
    try:
        commit = branch.put(path, None, f"Remove {path}\n\n{what} [skip ci]")
    except Exception as error:
        say("left", message="\n".join(filter(None, (refused, words(error)))))
        return
    if refused is not None and commit is None:
        say("refused", message=refused)
    else:
        say("removed", commit=commit)


def words(error):
    said = getattr(error, "stderr", None) or str(error)
    return f"{type(error).__name__}: {said}".strip()


def followed(git, ref):
    """The branch that a bundle follows: of its default one, what the server says."""
    if ref != "HEAD":
        return f"refs/heads/{ref}"
    first = git.ok("ls-remote", "--symref", "origin", "HEAD").partition("\t")[0]
    return first.removeprefix("ref: ")


def main():
    wanted = json.loads(sys.argv[1])
    check = runpy.run_path(wanted["check"])
    kwargs = dict(check["git_bundles"]())[wanted["bundle"]]
    ref = f"refs/heads/{wanted['branch']}"
    signal.signal(signal.SIGTERM, end)
    identity = {f"GIT_{who}_{name}": value for who in ("AUTHOR", "COMMITTER") for name, value in IDENTITY.items()}
    try:
        with check["entering"](check["find_hook"](), kwargs, SECONDS) as (git, url):
            git.env.update(identity)
            git.ok("init", "--quiet", "--bare", ".")
            git.ok("remote", "add", "origin", url)
            its_own = followed(git, kwargs["tracking_ref"])
            if its_own != ref:
                say("other-branch", message=its_own.removeprefix("refs/heads/"))
            else:
                prove(Branch(git, ref), wanted)
    except Ended:
        pass
    except Exception as error:
        say("unread", message=words(error))


if __name__ == "__main__":
    main()
