"""doctor where there is nothing to look at: another machine's facts, codes, and a deployment that was never landed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.cli.main import run
from airstrip.diagnose import RULES, Facts
from tests.unit.diagnose.cluster_cases import CLUSTER_CASES


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRSTRIP_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AIRSTRIP_RUN_DIR", str(tmp_path / "run"))
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: never-landed\n")
    return file


def test_what_was_never_landed_is_a_finding_and_no_error(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json", "-f", str(file)]) == 3
    document = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in document["findings"]] == ["deployment.not-running"]
    assert "Not all Secrets could be read" in document["data"]["warning"]
    states = {row["name"]: row["state"] for row in document["data"]["checked"]}
    assert (states["place"], states["kubernetes"], states["pods"]) == ("ok", "failed", "skipped")


def test_facts_are_saved_for_their_owner_only_and_explained_elsewhere(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "facts.json"
    assert run(["doctor", "--facts", str(saved), "-f", str(file)]) == 3
    first = capsys.readouterr().out
    assert saved.stat().st_mode & 0o777 == 0o600
    file.unlink()
    assert run(["doctor", "--from", str(saved)]) == 3
    told = f"\nSaved: {saved}. Secrets that are known were struck out: read it before you pass it on.\n"
    warning = "\nNot all Secrets could be read (skipped: needs kubernetes): of the others, only what has the form of a "
    warning += "secret is struck out.\n"
    assert f"{told}{warning}" in first
    assert capsys.readouterr().out == first.replace(told, "")


def test_a_warning_is_told_though_nothing_is_saved(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "-f", str(file)]) == 3
    assert "secret is struck out.\n" in capsys.readouterr().out


def test_a_file_that_others_could_read_is_its_owner_s_only_and_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    old, link = tmp_path / "old.json", tmp_path / "link.json"
    old.write_text("x" * 100_000)
    old.chmod(0o666)
    link.symlink_to(old)
    reader = old.open()
    assert run(["doctor", "--facts", str(link), "-f", str(file)]) == 3
    assert link.is_symlink()
    assert old.stat().st_mode & 0o777 == 0o600
    assert Facts.from_dict(json.loads(old.read_text())).collected
    # Whoever has it open reads on in what it was: nobody sees half of it.
    assert reader.read() == "x" * 100_000
    reader.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["airstrip.yaml", "link.json", "old.json"]


def test_a_file_that_is_our_own_output_gets_the_answer_too(file: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w") as stream:
        command = [sys.executable, "-m", "airstrip", "doctor", "--facts", "/dev/stdout", "-f", str(file)]
        assert subprocess.run(command, stdout=stream, check=False).returncode == 3
    facts, end = json.JSONDecoder().raw_decode(said.read_text())
    assert Facts.from_dict(facts).collected
    assert "never-landed: seen" in said.read_text()[end:]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_is_replaced_stays_its_owner_s(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "facts.json"
    saved.write_text("old")
    os.chown(saved, 1234, 2345)
    assert run(["doctor", "--facts", str(saved), "-f", str(file)]) == 3
    now = saved.stat()
    assert (now.st_uid, now.st_gid, now.st_mode & 0o777) == (1234, 2345, 0o600)


def test_facts_can_go_to_whoever_listens(file: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    listener.start()
    assert run(["doctor", "--facts", str(pipe), "-f", str(file)]) == 3
    listener.join(10)
    assert Facts.from_dict(json.loads(heard[0])).collected
    assert pipe.is_fifo()


def test_a_file_that_cannot_be_written_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--facts", "/no/such/folder/facts", "-f", str(file), "--json"]) == 1
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["code"] == "file.not-written"
    assert error["message"].startswith("/no/such/folder/facts cannot be written")


def test_a_finding_is_told_with_its_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = replace(CLUSTER_CASES["pod.crash-loop"][0], collected="2026-01-01T00:00:00+00:00")
    saved = tmp_path / "facts.json"
    saved.write_text(json.dumps(facts.to_dict()))
    assert run(["doctor", "--from", str(saved)]) == 3
    said = capsys.readouterr().out
    assert "! scheduler-0 ends again and again (4 restarts)  [pod.crash-loop]" in said
    assert "  fix:   Mend what its log says (kubectl -n airflow logs scheduler-0 -c main), then run: ./airstrip" in said
    assert "  | boom" in said


def test_all_lists_what_was_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "facts.json"
    saved.write_text(json.dumps(Facts(collected="2026-01-01T00:00:00+00:00").to_dict()))
    assert run(["doctor", "--from", str(saved), "--all"]) == 0
    said = capsys.readouterr().out
    assert all(rule.code in said for rule in RULES)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "pods": [1]}'])
def test_a_file_that_holds_no_facts_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    saved = tmp_path / "facts.json"
    saved.write_text(text)
    assert run(["doctor", "--from", str(saved), "--json"]) == 1
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["code"] == "facts.invalid"


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--from", "/no/such/facts", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == "facts.not-read"


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "image.missing", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["code"] == "image.missing"
    assert any(
        "./airstrip up; a task image: ./airstrip image build {name}" in entry["fix"] for entry in data["entries"]
    )
    assert run(["doctor", "image.missing"]) == 0
    assert "  fix:" in capsys.readouterr().out


@pytest.mark.parametrize("code", [rule.code for rule in RULES])
def test_every_rule_s_code_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", code]) == 0
    assert capsys.readouterr().out.startswith(f"{code}\n")


def test_a_code_that_there_is_not_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "missing", "--json"]) == 2
    (error,) = json.loads(capsys.readouterr().out)["errors"]
    assert error["code"] == "usage.unknown-code"
    assert "image.missing" in error["cause"]


def test_what_excludes_each_other_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "image.missing", "--clean", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == "usage.wrong-command-line"
