"""Moments as Kubernetes and Airflow write them: RFC 3339, in UTC where they do not say."""

from __future__ import annotations

import datetime


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def moment(text: str) -> datetime.datetime:
    """Raises ValueError for what is none."""
    parsed = datetime.datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)


def age(text: str, at: datetime.datetime | None = None) -> float:
    """Seconds from then until now, or until another moment."""
    return ((at or now()) - moment(text)).total_seconds()
