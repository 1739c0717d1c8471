"""What is made of a refusal by whoever only looks."""

from __future__ import annotations

import pytest

from airstrip.errors import KubernetesError
from airstrip.kube import unless_forbidden


def refusing(status: int | None) -> list[str]:
    raise KubernetesError("kubernetes.x", "no", status=status)


def test_what_we_may_not_look_at_is_not_seen() -> None:
    assert unless_forbidden(lambda: ["seen"]) == ["seen"]
    assert unless_forbidden(lambda: refusing(403)) is None


@pytest.mark.parametrize("status", [401, 404, 500, None])
def test_any_other_refusal_is_raised(status: int | None) -> None:
    with pytest.raises(KubernetesError):
        unless_forbidden(lambda: refusing(status))
