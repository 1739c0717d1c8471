"""How the programs are compiled, as values: `Sources` and the commands they ask for. Runs nothing."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

from airstrip.embedded.binaries.folder import NODE, Versions
from airstrip.embedded.binaries.gomod import GoMod, read_go_mod
from airstrip.errors import NodeError
from airstrip.process import Command

_CONTAINERD = "github.com/containerd/containerd/v2"
_RUNC = "github.com/opencontainers/runc"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# Debug information is stripped in the end (-s -w): not making it saves compile time.
_FLAGS = ("-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false")
# The same result whatever the caller's environment or `go env -w` says; where Go finds modules
# (GOPROXY, GOSUMDB, GOPRIVATE) and keeps its caches stays the caller's.
_ENVIRONMENT: dict[str, str | None] = {
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-mod=readonly",
    "GOWORK": "off",
    "GO111MODULE": "on",
    "GOOS": "linux",
    "GOAMD64": "v1",
    "GOARM64": "v8.0",
    "GOEXPERIMENT": None,
    "CC": "gcc",
    "CGO_CFLAGS": "-O2",
    "CGO_LDFLAGS": "-O2",
}


@dataclass(frozen=True)
class GoBuild:
    """One `go build` of `packages` in the module folder `module`, below the sources."""

    name: str
    title: str
    module: str
    packages: tuple[str, ...]
    tags: tuple[str, ...]
    ldflags: tuple[str, ...]
    cgo: bool

    @property
    def environment(self) -> dict[str, str | None]:
        return {**_ENVIRONMENT, "GOARCH": go_architecture(), "CGO_ENABLED": "1" if self.cgo else "0"}

    @property
    def list_arguments(self) -> tuple[str, ...]:
        """Names, and first downloads, every package that will be linked."""
        form = "{{.ImportPath}}\t{{.Dir}}\t{{with .Module}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}"
        return ("list", "-deps", "-f", form, *self._tags, *self.packages)

    @property
    def flags(self) -> tuple[str, ...]:
        """What tests of the sources must be compiled with too, or all that is linked is compiled anew for them."""
        return (*_FLAGS, *self._tags)

    def build_arguments(self, out: str) -> tuple[str, ...]:
        """-v prints each package as its compilation begins."""
        ldflags = " ".join(("-s", "-w", *self.ldflags))
        return ("build", "-v", "-o", f"{out}/", *_FLAGS, *self._tags, "-ldflags", ldflags, *self.packages)

    @property
    def _tags(self) -> tuple[str, ...]:
        return ("-tags", ",".join(self.tags)) if self.tags else ()


@dataclass(frozen=True)
class Sources:
    """packages/airstrip-node of a clone."""

    folder: Path
    node: GoMod
    runc: GoMod

    @property
    def oldest_go(self) -> tuple[int, int, int]:
        return max(self.node.go, self.runc.go)

    @property
    def go_requirements(self) -> Path:
        """pip's requirements file, with hashes, of the Go that we install."""
        return self.folder / "go-toolchain.txt"

    def versions(self, go: str) -> Versions:
        """As go.mod pins them; `go` is the compiler's."""
        return Versions(
            kubernetes=self.node.requires["k8s.io/kubernetes"].removeprefix("v"),
            etcd=self.node.requires["go.etcd.io/etcd/server/v3"].removeprefix("v"),
            coredns=self.node.requires["github.com/coredns/coredns"].removeprefix("v"),
            containerd=self.node.requires[_CONTAINERD].removeprefix("v"),
            runc=self.runc.requires[_RUNC].removeprefix("v"),
            cni_plugins=self.node.requires["github.com/containernetworking/plugins"].removeprefix("v"),
            go=go,
        )

    def builds(self) -> tuple[GoBuild, ...]:
        """The Go programs, the quick one that needs the C compiler first."""
        return (_runc_build(self.runc), _node_build(self.node))

    def pause(self, out: str) -> Command:
        """The pod sandbox's program: static, since its image has nothing else."""
        argv = ("gcc", "-static", "-Os", "-s", "-Wall", "-Werror", "-o", f"{out}/pause", "pause.c")
        return Command(argv, cwd=self.folder / "pause")

    def key(self) -> str:
        """The hash of everything that decides the result but the compiler's own version.

        A newer Go is not worth minutes of everybody's time; `build.json` records which one it was.
        """
        digest = hashlib.sha256()
        for file in _compiled(self.folder):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(self.folder)} {len(content)}\n".encode() + content)
        digest.update(repr(self.pause("OUT").argv).encode())
        for build in self.builds():
            digest.update(repr((build.build_arguments("OUT"), sorted(build.environment.items()))).encode())
        return digest.hexdigest()[:24]


def find_sources() -> Sources | None:
    """The clone that this module is in, None where Airstrip was installed without one."""
    folder = Path(__file__).parents[4] / "packages" / NODE
    return read_sources(folder) if (folder / "go.mod").is_file() else None


def read_sources(folder: Path) -> Sources:
    return Sources(folder, read_go_mod(folder / "go.mod"), read_go_mod(folder / "runc" / "go.mod"))


def go_architecture() -> str:
    """Go's name of this machine's architecture."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise NodeError(
            "node.architecture",
            f"the node cannot be built for {machine}",
            cause=f"Airstrip builds for {' and '.join(_ARCHITECTURES)}.",
            fix="Use a machine of one of these, or deploy to another target.",
        )
    return _ARCHITECTURES[machine]


def _compiled(folder: Path) -> list[Path]:
    modules = [folder / name for name in ("go.mod", "go.sum", "runc/go.mod", "runc/go.sum")]
    code = [*folder.glob("*.go"), *folder.glob("pause/*.c")]
    return sorted(modules + [file for file in code if not file.name.endswith("_test.go")])


def _runc_build(module: GoMod) -> GoBuild:
    return GoBuild(
        name="runc",
        title="runc",
        module="runc",
        packages=module.tools,
        tags=("seccomp", "urfave_cli_no_docs", "netgo", "osusergo"),
        ldflags=("-linkmode", "external", "-extldflags", "-static"),
        cgo=True,
    )


def _node_build(module: GoMod) -> GoBuild:
    kubernetes = module.requires["k8s.io/kubernetes"]
    major, minor = kubernetes.removeprefix("v").split(".")[:2]
    version = "k8s.io/component-base/version"
    return GoBuild(
        name="node",
        title="Kubernetes, etcd, CoreDNS, containerd and the network plugins",
        module=".",
        packages=(".", *module.tools),
        tags=("no_btrfs", "no_devmapper", "no_zfs", "no_tracing", "nri_no_wasm"),
        ldflags=(
            *("-X", f"{version}.gitVersion={kubernetes}"),
            *("-X", f"{version}.gitMajor={major}", "-X", f"{version}.gitMinor={minor}"),
            *("-X", f"{_CONTAINERD}/version.Version={module.requires[_CONTAINERD].removeprefix('v')}"),
        ),
        cgo=False,
    )
