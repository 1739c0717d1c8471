"""The node's certificates: made in process, kept across starts, renewed before they end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from airstrip.embedded.config import NodeConfig, Subnets

_AUTHORITY_DAYS = 3650
_LEAF_DAYS = 365
_RENEW_DAYS = 30
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class Leaf:
    """A certificate that is wanted. `group` is what Kubernetes takes from the subject's O."""

    file: str
    user: str
    group: str = ""
    server: bool = False
    client: bool = True
    names: tuple[str, ...] = ()
    addresses: tuple[IPv4Address, ...] = ()


def wanted_leaves(name: str, subnets: Subnets) -> tuple[Leaf, ...]:
    """Every certificate below the authority; pure."""
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    loopback = IPv4Address("127.0.0.1")
    return (
        Leaf(
            "apiserver",
            "kube-apiserver",
            server=True,
            client=False,
            names=(*service, "localhost"),
            addresses=(subnets.node, subnets.kubernetes_service, loopback),
        ),
        Leaf("kubelet-server", f"kubelet-{name}", server=True, client=False, names=(name,), addresses=(subnets.node,)),
        Leaf("apiserver-to-kubelet", "kube-apiserver-kubelet-client", "system:masters"),
        Leaf("kubelet", f"system:node:{name}", "system:nodes"),
        Leaf("controller-manager", "system:kube-controller-manager"),
        Leaf("scheduler", "system:kube-scheduler"),
        Leaf("proxy", "system:kube-proxy"),
        Leaf("coredns", "airstrip:coredns"),
        Leaf("volumes", "airstrip:volumes"),
        Leaf("admin", "airstrip:admin", "system:masters"),
    )


def ensure_certificates(config: NodeConfig, now: datetime | None = None) -> bool:
    """Writes what is missing, ends within 30 days or no longer fits; True when it wrote any.

    `certificates/NAME.crt` and `NAME.key` in PEM, readable by root only; `ca` is the authority,
    `service-account` a key pair without a certificate.
    """
    now = now or datetime.now(UTC)
    folder = config.certificates_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    authority = _load(folder, "ca")
    wrote = authority is None or _near_end(authority[0], now)
    if authority is None or wrote:
        authority = _make_authority(folder, now)
    for leaf in wanted_leaves(config.name, config.subnets):
        current = _load(folder, leaf.file)
        if wrote or current is None or not _fits(current[0], leaf, authority[0], now):
            _make_leaf(folder, leaf, authority, now)
            wrote = True
    if not (folder / "service-account.key").exists():
        _make_service_account_key(folder)
    return wrote


def certificates_due(config: NodeConfig, now: datetime | None = None) -> bool:
    """Whether `ensure_certificates` would write any; a running node takes new ones at its next start only."""
    now = now or datetime.now(UTC)
    authority = _load(config.certificates_dir, "ca")
    if authority is None or _near_end(authority[0], now):
        return True
    leaves = ((leaf, _load(config.certificates_dir, leaf.file)) for leaf in wanted_leaves(config.name, config.subnets))
    return any(pair is None or not _fits(pair[0], leaf, authority[0], now) for leaf, pair in leaves)


Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _load(folder: Path, name: str) -> Pair | None:
    """None where a file is missing or was cut off while it was written."""
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return certificate, key


def _near_end(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_after_utc < now + timedelta(days=_RENEW_DAYS)


def _fits(certificate: x509.Certificate, leaf: Leaf, authority: x509.Certificate, now: datetime) -> bool:
    if _near_end(certificate, now) or certificate.subject != _subject(leaf.user, leaf.group):
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):  # another issuer's name, kind of key, or signature
        return False
    return _alternatives_of(certificate) == _alternatives(leaf)


def _alternatives(leaf: Leaf) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in leaf.names),
        *(x509.IPAddress(address) for address in leaf.addresses),
    ]


def _alternatives_of(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return list(extension.value)


def _subject(user: str, group: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
    if group:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    return x509.Name(attributes)


def _builder(subject: x509.Name, issuer: x509.Name, now: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _make_authority(folder: Path, now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject("airstrip-node")
    certificate = (
        _builder(subject, subject, now, _AUTHORITY_DAYS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _save(folder, "ca", certificate, key)
    return certificate, key


def _make_leaf(folder: Path, leaf: Leaf, authority: Pair, now: datetime) -> None:
    issuer, issuer_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.SERVER_AUTH] * leaf.server + [ExtendedKeyUsageOID.CLIENT_AUTH] * leaf.client
    builder = (
        _builder(_subject(leaf.user, leaf.group), issuer.subject, now, _LEAF_DAYS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    alternatives: Sequence[x509.GeneralName] = _alternatives(leaf)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    _save(folder, leaf.file, builder.sign(issuer_key, hashes.SHA256()), key)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _make_service_account_key(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    _write(folder / "service-account.pub", public)
    _write(folder / "service-account.key", _pem(key))


def _save(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    _write(folder / f"{name}.key", _pem(key))
    _write(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(path.suffix + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
