"""The way to Airflow: what is told where it does not lead there."""

from __future__ import annotations

from collections.abc import Callable

from airstrip.errors import AirstripError
from airstrip.findings import Explanation, Finding

UNREACHABLE = Explanation(
    "airflow.unreachable",
    "Airflow{at} cannot be reached: {reason}",
    "Its api-server is not running, hangs, is starting or overloaded, or the way to it is closed.",
    "Read its log: ./airstrip logs api-server{restart}",
)

Trouble = Callable[[], AirstripError | None]
"""Takes what went wrong last on the way to Airflow, where that is known: a forwarded port only closes connections."""


def no_trouble() -> None:
    """Of a way that tells nothing."""


def unreachable(reason: str, restart: str, url: str = "") -> Finding:
    again = f"; where it hangs, start it anew: {restart}" if restart else ""
    return UNREACHABLE.finding({"at": f" at {url}" if url else "", "reason": reason, "restart": again})
