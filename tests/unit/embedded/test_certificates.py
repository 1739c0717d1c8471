from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from airstrip.embedded.certificates import certificates_due, ensure_certificates, wanted_leaves
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.subnets import propose_subnets


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    return NodeConfig("demo", tmp_path / "state", tmp_path / "run", tmp_path / "bin", propose_subnets("demo", ()))


def read(config: NodeConfig, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((config.certificates_dir / f"{name}.crt").read_bytes())


def contents(config: NodeConfig) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in config.certificates_dir.iterdir()}


def test_every_leaf_is_issued_by_the_authority(config: NodeConfig) -> None:
    assert ensure_certificates(config)
    authority = read(config, "ca")
    for leaf in wanted_leaves(config.name, config.subnets):
        read(config, leaf.file).verify_directly_issued_by(authority)


def test_private_keys_are_for_root_only(config: NodeConfig) -> None:
    ensure_certificates(config)
    assert config.certificates_dir.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in config.certificates_dir.iterdir()} == {0o600}


def test_kubelet_has_the_subject_that_the_node_authorizer_knows(config: NodeConfig) -> None:
    ensure_certificates(config)
    subject = read(config, "kubelet").subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "system:node:demo"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:nodes"


def test_api_server_is_valid_for_its_addresses_and_for_servers_only(config: NodeConfig) -> None:
    ensure_certificates(config)
    extensions = read(config, "apiserver").extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    assert {config.subnets.node, config.subnets.kubernetes_service} <= set(addresses)
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_second_call_keeps_everything(config: NodeConfig) -> None:
    ensure_certificates(config)
    before = contents(config)
    assert not ensure_certificates(config)
    assert contents(config) == before


def test_leaves_are_renewed_before_their_end_and_the_authority_stays(config: NodeConfig) -> None:
    ensure_certificates(config)
    before = contents(config)
    assert ensure_certificates(config, datetime.now(UTC) + timedelta(days=340))
    after = contents(config)
    assert after["ca.crt"] == before["ca.crt"]
    assert after["service-account.key"] == before["service-account.key"]
    assert after["admin.crt"] != before["admin.crt"]


def test_due_is_told_without_writing(config: NodeConfig) -> None:
    assert certificates_due(config)
    ensure_certificates(config)
    assert not certificates_due(config)
    assert certificates_due(config, datetime.now(UTC) + timedelta(days=340))


def test_new_authority_renews_all_but_the_service_account_key(config: NodeConfig) -> None:
    ensure_certificates(config)
    before = contents(config)
    (config.certificates_dir / "ca.crt").unlink()
    assert ensure_certificates(config)
    after = contents(config)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == set(before) - {"service-account.key", "service-account.pub"}


def test_half_written_certificate_is_made_again(config: NodeConfig) -> None:
    ensure_certificates(config)
    (config.certificates_dir / "admin.crt").write_bytes(b"-----BEGIN CERT")
    assert ensure_certificates(config)
    read(config, "admin").verify_directly_issued_by(read(config, "ca"))


def test_changed_addresses_renew_the_servers_only(config: NodeConfig, tmp_path: Path) -> None:
    ensure_certificates(config)
    before = contents(config)
    other = propose_subnets("other", ())
    ensure_certificates(NodeConfig("demo", tmp_path / "state", tmp_path / "run", tmp_path / "bin", other))
    changed = {name.partition(".")[0] for name, content in contents(config).items() if content != before[name]}
    assert {"apiserver", "kubelet-server"} <= changed
    assert "ca" not in changed
