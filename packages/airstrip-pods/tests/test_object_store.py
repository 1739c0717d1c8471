"""Project data in S3: a real client, a real server, and the same code as for a folder."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import s3fs
from airflow.sdk import ObjectStoragePath
from fsspec.core import url_to_fs

from airstrip_pods import data_url, open_data
from airstrip_pods.conventions import ProjectSettings, projects_to_json

PARTS = 3
# Of an upload: see conftest.py.
PART = 5 * 2**20


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket that holds the data of all projects; nothing but the environment says how to reach it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AIRSTRIP_DATA_URL", "s3://projects/data")
    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3")
    client.create_bucket(Bucket="projects")
    yield client
    for upload in client.list_multipart_uploads(Bucket="projects").get("Uploads", []):
        client.abort_multipart_upload(Bucket="projects", Key=upload["Key"], UploadId=upload["UploadId"])
    for key in keys(client):
        client.delete_object(Bucket="projects", Key=key)
    client.delete_bucket(Bucket="projects")


def keys(client: Any) -> list[str]:
    return sorted(entry["Key"] for entry in client.list_objects_v2(Bucket="projects").get("Contents", []))


def content(client: Any, key: str) -> bytes:
    return bytes(client.get_object(Bucket="projects", Key=key)["Body"].read())


def unfinished(client: Any) -> list[str]:
    return [upload["Key"] for upload in client.list_multipart_uploads(Bucket="projects").get("Uploads", [])]


def test_what_is_written_is_read(bucket: Any) -> None:
    assert data_url("sales") == "s3://projects/data/sales"
    with open_data("sales", "out/table.csv", "w") as file:
        file.write("größe\n1\n")
        assert keys(bucket) == []
    assert content(bucket, "data/sales/out/table.csv") == "größe\n1\n".encode()
    with open_data("sales", "out/table.csv", "r") as text:
        assert text.readlines() == ["größe\n", "1\n"]
    with open_data("sales", "out/table.csv") as binary:
        assert binary.read() == "größe\n1\n".encode()


def test_what_others_wrote_since_a_listing_is_read(bucket: Any) -> None:
    """Of one process, as of a sensor that lists until a file is there; clients keep what they listed."""
    with open_data("sales", "in/first.csv", "w") as file:
        file.write("1")
    files, root = url_to_fs(data_url("sales"))
    assert files.glob(f"{root}/in/*.csv") == ["projects/data/sales/in/first.csv"]
    bucket.put_object(Bucket="projects", Key="data/sales/in/second.csv", Body=b"22")
    bucket.put_object(Bucket="projects", Key="data/sales/in/first.csv", Body=b"333")
    for name, content in (("second", "22"), ("first", "333")):
        with open_data("sales", f"in/{name}.csv", "r") as text:
            assert text.read() == content


@pytest.mark.parametrize("told", ["by the deployment", "by the pod"])
def test_a_project_whose_data_has_a_place_of_its_own(bucket: Any, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    url = "s3://projects/apart/sales"
    if told == "by the deployment":
        monkeypatch.setenv("AIRSTRIP_PROJECTS", projects_to_json({"sales": ProjectSettings(data=url)}))
    else:
        monkeypatch.setenv("AIRSTRIP_PROJECT", "sales")
        monkeypatch.setenv("AIRSTRIP_PROJECT_DATA_URL", url)
    with open_data("sales", "table.csv", "w") as file:
        file.write("x")
        assert keys(bucket) == []
    assert keys(bucket) == ["apart/sales/table.csv"]
    with open_data("sales", "table.csv", "r") as text:
        assert text.read() == "x"
    assert data_url("sales") == url


def test_an_empty_file_is_a_file(bucket: Any) -> None:
    with open_data("sales", "empty", "wb"):
        pass
    assert content(bucket, "data/sales/empty") == b""


def test_a_large_file_goes_up_while_it_grows_and_is_seen_at_the_end(bucket: Any) -> None:
    with open_data("sales", "large.bin", "wb") as file:
        for number in range(PARTS):
            file.write(bytes([number]) * PART)
        assert unfinished(bucket) == ["data/sales/large.bin"]
        assert keys(bucket) == []
    assert unfinished(bucket) == []
    body = content(bucket, "data/sales/large.bin")
    assert len(body) == PARTS * PART
    assert [body[number * PART] for number in range(PARTS)] == [0, 1, 2]


@pytest.mark.parametrize("size", [10, PART + 1, 2 * PART])
@pytest.mark.parametrize("mode", ["w", "wb"])
def test_an_exception_leaves_what_was_there_and_no_upload(bucket: Any, size: int, mode: str) -> None:
    bucket.put_object(Bucket="projects", Key="data/sales/table.csv", Body=b"before")

    def write() -> None:
        with open_data("sales", "table.csv", mode) as file:
            file.write("x" * size if mode == "w" else b"x" * size)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write()
    gc.collect()
    assert keys(bucket) == ["data/sales/table.csv"]
    assert content(bucket, "data/sales/table.csv") == b"before"
    assert unfinished(bucket) == []


def test_a_file_that_nobody_closed_is_not_written(bucket: Any) -> None:
    def write() -> None:
        open_data("sales", "table.csv", "wb").write(b"half")

    with pytest.warns(ResourceWarning, match=r"s3://projects/data/sales/table\.csv was not closed"):
        write()
    gc.collect()
    assert keys(bucket) == []


_KILLED = f"""
import time
from airstrip_pods import open_data
with open_data("sales", "table.csv", "wb") as file:
    file.write(b"x" * {PART + 1})
    print("written", flush=True)
    time.sleep(60)
"""


def test_a_process_that_is_killed_in_the_middle_leaves_what_was_there(bucket: Any) -> None:
    bucket.put_object(Bucket="projects", Key="data/sales/table.csv", Body=b"before")
    source = str(Path(__file__).parents[1] / "src")
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED], env={**os.environ, "PYTHONPATH": source}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert content(bucket, "data/sales/table.csv") == b"before"
    assert keys(bucket) == ["data/sales/table.csv"]


def test_an_upload_that_the_store_refuses_is_an_error_and_nothing_is_left(bucket: Any) -> None:
    file = open_data("nobody", "table.csv", "wb")
    file.write(b"x" * (PART + 1))
    for upload in bucket.list_multipart_uploads(Bucket="projects")["Uploads"]:
        bucket.abort_multipart_upload(Bucket="projects", Key=upload["Key"], UploadId=upload["UploadId"])
    with pytest.raises(OSError, match=r".+"):
        file.close()
    assert file.closed
    assert keys(bucket) == []


def test_a_missing_file_is_pythons_own_error(bucket: Any) -> None:
    with pytest.raises(FileNotFoundError):
        open_data("sales", "no-such.csv")


@pytest.mark.parametrize("path", ["../other/table.csv", "/table.csv", "a/../../other/x"])
def test_a_path_that_leaves_the_project_is_refused(bucket: Any, path: str) -> None:
    with pytest.raises(ValueError, match="leaves the project"):
        open_data("sales", path, "wb")
    assert keys(bucket) == []


def test_a_path_means_itself_whatever_is_in_it(bucket: Any) -> None:
    """No pattern, no query, no chain of file systems."""
    for path in ("a*b.csv", "a?b=1#c", "x::y", "a b/[c].csv", "50%20.csv"):
        with open_data("sales", path, "w") as file:
            file.write(path)
        with open_data("sales", path, "r") as text:
            assert text.read() == path
        assert f"data/sales/{path}" in keys(bucket)


def test_airflows_own_paths_take_the_url(data: Path) -> None:
    with open_data("sales", "table.csv", "w") as file:
        file.write("x")
    with (ObjectStoragePath(data_url("sales")) / "table.csv").open() as text:
        assert text.read() == "x"
