"""A real git server of the tests' own: git's own programs behind https with a token, and behind Debian's sshd."""

from __future__ import annotations

import base64
import datetime
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.landing import eventually

_AUTHOR = ("-c", "user.name=Tests", "-c", "user.email=tests@example.com")


@dataclass(frozen=True)
class Repository:
    """A bare repository, and a working copy of it to push from."""

    folder: Path
    name: str = "dags.git"

    @property
    def bare(self) -> Path:
        return self.folder / self.name

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def create(self, branch: str = "main") -> Repository:
        self.folder.mkdir(parents=True, exist_ok=True)
        _git(self.folder, "init", "--quiet", "--bare", f"--initial-branch={branch}", self.name)
        # As the large hosts have it: one commit can be asked for.
        _git(self.bare, "config", "uploadpack.allowFilter", "true")
        _git(self.folder, "init", "--quiet", f"--initial-branch={branch}", "work")
        _git(self.work, "remote", "add", "origin", str(self.bare))
        return self

    def push(self, files: Mapping[str, str | None], *, branch: str = "main", force: bool = False) -> str:
        """Commits texts by path, None for a file that goes, and pushes; returns the commit."""
        for name, text in files.items():
            path = self.work / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git(*_AUTHOR, "commit", "--quiet", "--allow-empty", "-m", "tests")
        self.git("push", "--quiet", *(["--force"] if force else []), "origin", f"HEAD:{branch}")
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        """In the working copy."""
        return _git(self.work, *arguments)


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Certificates:
    """A certificate for one address or name, and the authority that signed it, as PEM."""

    authority: str
    chain: Path

    @classmethod
    def make(cls, folder: Path, address: str) -> Certificates:
        key, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests' authority")])
        authority = _certificate(name, name, key, key, x509.BasicConstraints(ca=True, path_length=None))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        names = x509.SubjectAlternativeName([_general_name(address)])
        certificate = _certificate(subject, name, own, key, names)
        private = own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = folder / "server.pem"
        chain.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return cls(authority.public_bytes(serialization.Encoding.PEM).decode(), chain)


def _general_name(address: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(address))
    return x509.DNSName(address)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(extension, critical=False)
        .sign(signer, hashes.SHA256())
    )


class HttpsServer:
    """Serves the repositories of a folder by git's own http-backend, to whoever has the token.

    Without `may_push` the token may only read, and git's program refuses a push as the large hosts do.
    """

    def __init__(self, folder: Path, address: str, certificates: Certificates, token: str) -> None:
        self.folder = folder
        self.address = address
        self.token = token
        self.may_push = False
        self._certificates = certificates
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://{self.address}:{self.port}/dags.git"

    def start(self) -> HttpsServer:
        """On the port that it had before, where it had one."""
        server = ThreadingHTTPServer((self.address, self.port), _handler(self.folder, self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificates.chain)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._server, self.port = server, server.server_address[1]
        return self

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _handler(folder: Path, owner: HttpsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            login = base64.b64encode(f"git:{owner.token}".encode()).decode()
            if owner.token and self.headers.get("Authorization") != f"Basic {login}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            done = subprocess.run(
                ["git", "-c", "safe.directory=*", "http-backend"],
                input=body,
                capture_output=True,
                check=True,
                env={
                    "PATH": os.environ["PATH"],
                    "GIT_PROJECT_ROOT": str(folder),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": str(len(body)),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                    "REMOTE_USER": "git" if owner.may_push else "",
                },
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
            status = next((value.split()[0] for name, value in lines if name == "Status"), "200")
            self.send_response(int(status))
            for name, value in lines:
                if name != "Status":
                    self.send_header(name, value)
            # Without it the end of the answer would be the connection's, which TLS takes for an attack.
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Of no interest."""

    return Handler


class SshServer:
    """Debian's sshd on an address of this host: its user `git` may only fetch, by one key.

    Needs root: the users that it wants stand in an /etc/passwd of its own mount namespace.
    """

    def __init__(self, folder: Path, repositories: Path, address: str, port: int) -> None:
        self.folder = folder
        self.repositories = repositories
        self.address = address
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"ssh://git@{self.address}:{self.port}{self.repositories}/dags.git"

    @property
    def known_hosts(self) -> str:
        key = (self.folder / "host_key.pub").read_text().split()
        return f"[{self.address}]:{self.port} {key[0]} {key[1]}"

    @property
    def key(self) -> Path:
        return self.folder / "deploy_key"

    def install(self) -> SshServer:
        """Debian's packages beside the system's own, and keys."""
        self.folder.mkdir(parents=True, exist_ok=True)
        packages = ["openssh-server", "libwrap0"]
        subprocess.run(["apt-get", "download", "-qq", *packages], cwd=self.folder, check=True, capture_output=True)
        for package in self.folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(self.folder / "root")], check=True)
        for name in ("host_key", "deploy_key", "other_key"):
            self.make_key(name)
        shutil.copy(self.folder / "deploy_key.pub", self.folder / "authorized_keys")
        users = "git:x:65501:65501::/:/bin/sh\nsshd:x:65502:65502::/run/sshd:/usr/sbin/nologin\n"
        (self.folder / "passwd").write_text(Path("/etc/passwd").read_text() + users)
        self.folder.chmod(0o755)
        (self.folder / "sshd_config").write_text(
            f"ListenAddress {self.address}\nPort {self.port}\nHostKey {self.folder}/host_key\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nUsePAM no\nPidFile none\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nAllowUsers git\nAcceptEnv GIT_PROTOCOL\n"
            'ForceCommand git -c safe.directory=* shell -c "$SSH_ORIGINAL_COMMAND"\n'
        )
        return self

    def make_key(self, name: str) -> None:
        """A new one in its place."""
        for path in (self.folder / name, self.folder / f"{name}.pub"):
            path.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)], check=True)

    def start(self) -> SshServer:
        root = self.folder / "root"
        inside = (
            'mount --bind "$0/passwd" /etc/passwd; mkdir -p /run/sshd;'
            ' exec "$0/root/usr/sbin/sshd" -D -e -f "$0/sshd_config"'
        )
        libraries = str(root / "usr/lib/x86_64-linux-gnu")
        with (self.folder / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", inside, str(self.folder)],
                env={**os.environ, "LD_LIBRARY_PATH": libraries},
                stderr=log,
            )
        scan = ["ssh-keyscan", "-p", str(self.port), self.address]
        eventually(lambda: bool(subprocess.run(scan, capture_output=True).stdout), seconds=15, what="sshd answers")
        return self

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None
