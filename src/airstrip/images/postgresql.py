"""The PostgreSQL image: Debian's postgresql-15, and an entrypoint that makes the database when there is none.

    uid and gid 999         `postgres`; nothing needs root, nothing but volumes is written
    /var/lib/postgresql/data  the data volume; the cluster is in `pgdata` in there, because the volume's
                              own folder may belong to root (local volumes, fsGroup)
    /var/run/postgresql, /tmp  sockets: emptyDirs under a read-only root

The entrypoint reads POSTGRES_USER, POSTGRES_DB (both `airflow` by default) and POSTGRES_PASSWORD or
POSTGRES_PASSWORD_FILE; further arguments go to `postgres`. SIGINT, the stop signal, is PostgreSQL's
fast shutdown.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from airstrip.events import Emit
from airstrip.images.build import ensure_image, plan_image
from airstrip.images.contents import contents
from airstrip.images.oci import RunSettings
from airstrip.images.recipe import Account, Folder, SystemRecipe
from airstrip.images.request import BuiltImage, ImagePlan
from airstrip.images.store import ImageStore
from airstrip.images.system import ensure_system_layer

UID = 999
DATA = "/var/lib/postgresql/data"

_MAJOR = "15"
_BINARIES = f"/usr/lib/postgresql/{_MAJOR}/bin"
_ENTRYPOINT = "usr/local/bin/postgresql-entrypoint"
_NEEDED_MB = 1200

_SETTINGS = RunSettings(
    user=f"{UID}:{UID}",
    working_dir="/var/lib/postgresql",
    entrypoint=(f"/{_ENTRYPOINT}",),
    env={
        # Before /usr/bin, where Debian's wrappers of the same names look for Debian's clusters.
        "PATH": f"{_BINARIES}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PGDATA": f"{DATA}/pgdata",
    },
    stop_signal="SIGINT",
)


def system_recipe() -> SystemRecipe:
    return SystemRecipe(
        packages=(f"postgresql-{_MAJOR}",),
        accounts=(Account("postgres", UID, UID, "/var/lib/postgresql"),),
        folders=(
            Folder("var/lib/postgresql", UID, UID, 0o755),
            Folder("var/lib/postgresql/data", UID, UID, 0o700),
            Folder("run/postgresql", UID, UID, 0o775),
        ),
        # Otherwise the package makes a database in the image.
        seeds={"etc/postgresql-common/createcluster.conf": "create_main_cluster = false\n"},
        files={_ENTRYPOINT: (Path(__file__).parent / "files" / "postgresql-entrypoint").read_text()},
        # The compiler behind just-in-time queries (half of the image, off in the entrypoint), and
        # Debian's wrappers for several clusters with the Perl that they are written in.
        removals=(
            "usr/lib/*/libLLVM*",
            "usr/lib/*/libz3.so*",
            "usr/lib/llvm-*",
            f"usr/lib/postgresql/{_MAJOR}/lib/bitcode",
            f"usr/lib/postgresql/{_MAJOR}/lib/llvmjit*",
            "usr/lib/*/perl",
            "usr/share/i18n",
            "usr/share/perl",
            "usr/share/perl5",
            "usr/share/postgresql-common",
        ),
    )


def image_key() -> str:
    """A hash of everything that decides what is in the image."""
    inputs = {"system": system_recipe().key, "settings": repr(_SETTINGS)}
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def plan_postgresql_image(cache: Path) -> ImagePlan:
    """What `ensure_postgresql_image` would do; reads the cache, builds nothing."""
    return plan_image(ImageStore(cache), "postgresql", _MAJOR, image_key())


def ensure_postgresql_image(cache: Path, emit: Emit, *, refresh: bool = False) -> BuiltImage:
    """The image out of the cache, or built: about half a minute, and root.

    `refresh` builds it anew from today's Debian packages. Raises ImageError, LockError.
    """
    store = ImageStore(cache)
    return ensure_image(
        lambda: plan_postgresql_image(cache),
        store,
        lambda work, progress: contents(
            (ensure_system_layer(system_recipe(), store, work, progress, refresh=refresh),), _SETTINGS
        ),
        needed_mb=_NEEDED_MB,
        title=f"Build the PostgreSQL {_MAJOR} image",
        refresh=refresh,
        emit=emit,
    )
