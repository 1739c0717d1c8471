"""How the provider cncf.kubernetes labels a task's pods."""

from __future__ import annotations

import hashlib
import re

INSTANCE = "app.kubernetes.io/instance"
"""The deployment's name; pods that an operator made may lack it."""

_UNSAFE = re.compile(r"^[^a-z0-9A-Z]*|[^a-zA-Z0-9_\-.]|[^a-z0-9A-Z]*$")
_LONGEST = 63
_HASH = 9


def safe_label(text: str) -> str:
    """A label's value as the provider makes it: what does not fit is cut, and told apart by a hash.

    make_safe_label_value in the pod_generator of apache-airflow-providers-cncf-kubernetes 10.25.
    """
    safe = _UNSAFE.sub("", text)
    if len(safe) <= _LONGEST and safe == text:
        return safe
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:_HASH]
    return f"{safe[: _LONGEST - _HASH - 1]}-{digest}"
