"""The API that tasks speak to, in this process: made before the first task, which else would seem to take as long."""

from contextlib import suppress
from functools import lru_cache


@lru_cache
def warm_up():
    """With the newest versions of it alone, if that can be: a version more costs a fifth of a second."""
    restore = _keep_newest()
    try:
        _ask()
    except Exception:
        restore()
        with suppress(Exception):
            # The first task tells of what is wrong.
            _ask()


def _ask():
    """As a task does: in its version, and for something of the database."""
    import httpx
    from airflow.sdk.api.datamodels._generated import API_VERSION
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    headers = {"airflow-api-version": API_VERSION}
    address = "http://in-process.invalid./"
    client = httpx.Client(transport=in_process_api_server().transport, base_url=address, headers=headers)
    client.get("/task-instances/count", params={"dag_id": "none"}).raise_for_status()


def _keep_newest():
    """Tasks here speak the newest version. The one before it brings back routes that are only marked as old in that.

    Inner parts of Airflow and cadwyn: where they are other than in Airflow 3.3, nothing is changed. Returns what
    puts everything back. tests/dev/test_api.py holds both.
    """
    try:
        from airflow.api_fastapi.execution_api import versions
        from airflow.sdk.api.datamodels._generated import API_VERSION
        from airflow.sdk.execution_time.supervisor import in_process_api_server
        from cadwyn import HeadVersion, Version, VersionBundle

        whole = versions.bundle
        newest, before, oldest = whole.versions[:3]
        changes = [change for version in (newest, before) for change in version.changes]
    except Exception:
        return lambda: None

    def restore():
        for change in changes:
            change._bound_version_bundle = whole
        versions.bundle = whole
        in_process_api_server.cache_clear()

    if newest.value != API_VERSION:
        return restore
    try:
        for change in changes:
            change._bound_version_bundle = None
        versions.bundle = VersionBundle(HeadVersion(), newest, before, Version(oldest.value))
    except Exception:
        restore()
    return restore
