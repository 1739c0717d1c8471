"""Which branch a proof may push to: one that its user names, and that the deployment follows."""

from __future__ import annotations

from dataclasses import dataclass

from airstrip.errors import UsageError
from airstrip.spec import GitBundle, Spec

_AFTER_SECONDS = 20.0
"""What a look for changed files and the parsing may take, after the look for new commits."""
_HEAD = "HEAD"


@dataclass(frozen=True)
class GitWrite:
    """Where a commit is to be pushed for the proof."""

    bundle: GitBundle
    branch: str

    @property
    def promised(self) -> float:
        """Seconds from a push until Airflow has it: half a minute, with the period that is the default."""
        return self.bundle.refresh + _AFTER_SECONDS


def find_git_write(spec: Spec, named: str) -> GitWrite:
    """`[BUNDLE:]BRANCH`: the one bundle that follows this branch. Raises UsageError, before anything is done.

    Else the one that follows its repository's default branch, which its server only knows: it is compared there.
    """
    name, _, branch = named.rpartition(":")
    if not spec.dags.git:
        message = f"--git-write {named}: DAGs of {spec.name} do not come from git"
        fix = "Leave it away: what `verify` does without it proves how these DAGs come."
        raise UsageError("verify.git-other-branch", message, cause="The file has no dags.git.", fix=fix)
    known = [bundle for bundle in spec.dags.git if name in ("", bundle.name)]
    branches = [each for each in known if not each.is_commit and not each.ref.startswith("refs/")]
    found = [each for each in branches if each.ref == branch] or [each for each in branches if each.ref == _HEAD]
    if not found:
        raise UsageError(
            "verify.git-other-branch",
            f"--git-write {named}: no bundle{f' {name}' if name else ''} follows the branch {branch}",
            cause=f"What is pushed there would never be seen. Followed are: {_followed(spec)}.",
            fix="Name a branch that is followed; a tag or a commit takes no push.",
        )
    if len(found) > 1:
        raise UsageError(
            "verify.git-which",
            f"--git-write {named}: {' and '.join(bundle.name for bundle in found)} may follow this branch",
            cause="A commit is pushed to one repository only.",
            fix=f"Say which bundle: --git-write {found[0].name}:{branch}",
        )
    return GitWrite(found[0], branch)


def _followed(spec: Spec) -> str:
    words = {_HEAD: "the default branch"}
    return ", ".join(f"{bundle.name}: {words.get(bundle.ref, bundle.ref)}" for bundle in spec.dags.git)
