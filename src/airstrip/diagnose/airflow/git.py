"""DAGs from git: what keeps the dag-processor, a task's pod, or the check before a release from getting them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from airstrip.diagnose.airflow.look import signs_of
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule

_CHECK, _DAG_PROCESSOR = "git-check", "dag-processor"
_FATAL = re.compile(r"fatal: [^\"\\]+")


def _said(sign: str) -> Callable[[Facts], Iterator[Match]]:
    """Of one subject: who is told by the check and by the dag-processor has one cause."""

    def matches(facts: Facts) -> Iterator[Match]:
        for about, component, lines in signs_of(facts, sign):
            if not _speaks_of_dags(facts, component):
                continue
            who = "the check before the release" if component == _CHECK else f"the {component}"
            yield Match(about, {"who": who, "message": _words(lines[-1])}, "\n".join(lines))

    return matches


def _speaks_of_dags(facts: Facts, component: str) -> bool:
    """Tasks and triggers, which clone too, may use git and ssh for something else."""
    return component == _CHECK or (
        component == _DAG_PROCESSOR and facts.deployment is not None and facts.deployment.dags_from_git
    )


def _words(line: str) -> str:
    """Of the check's own line what comes after who says it: `airstrip: main: the repository has no branch x`; of
    git-sync's, which is JSON with a whole command in it, git's own."""
    by_git = _FATAL.search(line) if line.lstrip().startswith("{") else None
    return by_git[0] if by_git else line.partition("airstrip: ")[2] or line.strip()


_AGAIN = "then run: ./airstrip up"

GIT_RULES: tuple[Rule, ...] = (
    Rule(
        "git.program-absent",
        "{who} cannot run git: {message}",
        "The image is a ready one (image.ref), or was changed, and lacks what DAGs from git need.",
        f"Install git, openssh-client and apache-airflow-providers-git in it, {_AGAIN}",
        _said("git-program"),
    ),
    Rule(
        "git.host-key",
        "the git server's key is not one of those in dags.git.knownHosts",
        "The server got a new key, knownHosts is of another server or port, or somebody else answers in its place.",
        "Compare `ssh-keyscan HOST` (`-p PORT` before it) with what the server's owner says; mend knownHosts,"
        f" {_AGAIN}",
        _said("git-host-key"),
    ),
    Rule(
        "git.certificate",
        "the git server's certificate is not trusted",
        "It is signed by an authority of your own, has expired, or is for another name.",
        f"Name the authority's certificate under dags.git.caCert, or renew the server's; {_AGAIN}",
        _said("git-certificate"),
    ),
    Rule(
        "git.token-refused",
        "the git server does not let {who} in",
        "The token or key is wrong, has expired, has a passphrase, or may not read this repository.",
        f"Give it a token or deploy key that may read the repository (dags.git.token, dags.git.sshKey), {_AGAIN}",
        _said("git-token"),
    ),
    Rule(
        "git.repo-absent",
        "there is no such repository on the git server, or it is hidden from {who}",
        "The address is wrong, the repository was moved, or the token or key is for another one.",
        f"Correct dags.git.repo, or give a token or key that may read it, {_AGAIN}",
        _said("git-repo"),
    ),
    Rule(
        "git.ref-absent",
        "git has no such branch, tag or commit: {message}",
        "dags.git.branch, tag or commit is misspelt, or was deleted.",
        f"Correct it in the file, {_AGAIN}",
        _said("git-ref"),
    ),
    Rule(
        "git.path-absent",
        "git has no such folder: {message}",
        "dags.git.path is misspelt, or the folder was moved.",
        f"Correct it in the file, {_AGAIN}",
        _said("git-path"),
    ),
    Rule(
        "git.unreachable",
        "{who} does not reach the git server",
        "It is down, its name is not known in the cluster, or a firewall or proxy is between.",
        f"See whether it answers from a pod; mend that, {_AGAIN}",
        _said("git-unreachable"),
    ),
)
