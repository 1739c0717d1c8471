# Finds or installs what Airstrip runs on: Python, uv and an environment.
# Sourced by ./airstrip, scripts/check and scripts/test, which set ROOT. POSIX sh.
# Words go to stderr: stdout belongs to the verb.
# shellcheck shell=sh

MINIMUM_UV=0.9.0
UV_REQUIREMENTS=$ROOT/scripts/uv.requirements
NEEDED_MB=300
PYTHON_NAMES="python3.13 python3.12 python3.11 python3"

# With --json, stderr has JSON lines only.
say() {
    if [ "$WANTS_JSON" = yes ]; then
        printf '{"event": "notice", "message": "%s"}\n' "$(in_json "$*")" >&2
    else
        printf '%s\n' "$*" >&2
    fi
}

# loudly COMMAND...: runs it with its words on stderr.
loudly() {
    if [ "$WANTS_JSON" = no ]; then
        "$@" >&2
        return
    fi
    { code=0; "$@" 2>&1 || code=$?; printf '\n%s\n' "$code"; } | {
        previous=
        while IFS= read -r line; do
            [ -z "$previous" ] || say "$previous"
            previous=$line
        done
        exit "$previous"
    }
}

# fail EXIT_CODE CODE MESSAGE FIX: ends the program; with --json, the failure is the document.
fail() {
    if [ "$WANTS_JSON" = no ]; then
        say "error: $3  [$2]"
        say "  fix: $4"
    else
        printf '{"apiVersion": "airstrip/v1", "verb": "", "ok": false, "exitCode": %s, "data": {}, "findings": [], ' "$1"
        printf '"errors": [{"code": "%s", "message": "%s", "cause": "", "fix": "%s", "details": ""}]}\n' \
            "$2" "$(in_json "$3")" "$(in_json "$4")"
    fi
    exit "$1"
}

in_json() {
    printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n\t' '  ' | tr -d '\000-\037'
}

WANTS_JSON=no
WANTS_YES=no

read_arguments() {
    for argument in "$@"; do
        case $argument in
            --yes) WANTS_YES=yes ;;
            --json) WANTS_JSON=yes ;;
            --) break ;;
        esac
    done
}

# Sets and exports AIRSTRIP_CACHE_DIR. Root never writes into a home that is not its own, which
# sudo hands over on some systems.
locate_cache() {
    if [ "$(id -u)" = 0 ]; then
        owned_by_root "${HOME:-}" || HOME=$(home_of 0)
        owned_by_root "${XDG_CACHE_HOME:-/}" || unset XDG_CACHE_HOME
    else
        HOME=${HOME:-$(home_of "$(id -u)")}
    fi
    [ -n "$HOME" ] || fail 1 launcher.no-home "HOME is not set." "Set HOME, or AIRSTRIP_CACHE_DIR to a folder of yours."
    export HOME
    case ${XDG_CACHE_HOME:-} in
        /*) ;;
        *) XDG_CACHE_HOME=$HOME/.cache ;;
    esac
    AIRSTRIP_CACHE_DIR=${AIRSTRIP_CACHE_DIR:-$XDG_CACHE_HOME/airstrip}
    case $AIRSTRIP_CACHE_DIR in
        /*) ;;
        *) AIRSTRIP_CACHE_DIR=$PWD/$AIRSTRIP_CACHE_DIR ;;
    esac
    export AIRSTRIP_CACHE_DIR
}

home_of() {
    getent passwd "$1" | cut -d: -f6
}

# A folder that does not exist yet is judged by the nearest one above it that does.
owned_by_root() {
    folder=$1
    case $folder in /*) ;; *) return 1 ;; esac
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    [ "$(find -H "$folder" -prune -user 0)" ]
}

# prepare_environment NAME [UV SYNC OPTIONS...]: sets ENVIRONMENT, in step with uv.lock; exports AIRSTRIP_UV.
# A stamp saves the searches and uv's own start on every start but the first (docs/decisions/0020-uv-sync-then-exec.md).
prepare_environment() {
    ENVIRONMENT=$AIRSTRIP_CACHE_DIR/environments/$(printf %s "$ROOT" | cksum | tr ' ' -)-$1
    stamp=$ENVIRONMENT/airstrip.stamp
    wanted=$(cat "$ROOT/pyproject.toml" "$ROOT/uv.lock" "$ROOT/packages/airstrip-pods/pyproject.toml" | cksum)
    # Bytecode goes there and nowhere else: who wants none beside their own files has none of ours either. Without it
    # each start takes three seconds more.
    export PYTHONPYCACHEPREFIX="$AIRSTRIP_CACHE_DIR/bytecode"
    unset PYTHONDONTWRITEBYTECODE
    if [ -r "$stamp" ] && { IFS= read -r found && IFS= read -r UV; } <"$stamp" \
        && [ "$found" = "$wanted" ] && [ -x "$UV" ] && [ -x "$ENVIRONMENT/bin/python" ] \
        && { [ -z "${AIRSTRIP_UV:-}" ] || [ "$(command -v "$AIRSTRIP_UV")" = "$UV" ]; }; then
        export AIRSTRIP_UV="$UV"
        locate_downloads
        return
    fi
    [ -z "${_AIRSTRIP_COMPLETE:-}" ] || exit 0
    require_room
    find_python
    find_uv
    locate_downloads
    shift
    say "Preparing Airstrip's Python environment in $AIRSTRIP_CACHE_DIR ..."
    unset VIRTUAL_ENV UV_PYTHON
    export AIRSTRIP_UV="$UV" UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$ENVIRONMENT"
    # A sync that is cut off leaves no stamp that fits.
    rm -f "$stamp"
    loudly "$UV" sync --quiet --project "$ROOT" --frozen --python "$PYTHON" "$@" || fail 1 launcher.environment \
        "uv could not make the Python environment (its own words are above)." \
        "Check the network, and space in $AIRSTRIP_CACHE_DIR; then try again."
    unset UV_PROJECT_ENVIRONMENT UV_PYTHON_DOWNLOADS
    printf '%s\n%s\n' "$wanted" "$UV" >"$stamp"
}

# uv, its downloads and the environment: somewhat more than was measured. pip and uv would tell of a full
# disk in their own words, and leave it full.
require_room() {
    folder=$AIRSTRIP_CACHE_DIR
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    free_kb=$(df -Pk "$folder" 2>/dev/null | sed -n '2s/.* \([0-9][0-9]*\)  *[0-9]*% .*/\1/p')
    # A df that says nothing stands in nobody's way.
    free_mb=$((${free_kb:-$((NEEDED_MB * 1024))} / 1024))
    [ "$free_mb" -ge "$NEEDED_MB" ] || fail 1 launcher.no-space \
        "Too little room at $folder: $free_mb MB are free, Airstrip's Python environment takes $NEEDED_MB MB." \
        "Free some, or name a folder on another disk in AIRSTRIP_CACHE_DIR."
}

# A uv of the user's own keeps its downloads where it always does; ours keeps them in our cache, and
# they go with it.
locate_downloads() {
    case $UV in
        "$AIRSTRIP_CACHE_DIR"/*) export UV_CACHE_DIR="${UV_CACHE_DIR:-$AIRSTRIP_CACHE_DIR/uv/downloads}" ;;
    esac
}

# Sets PYTHON to the first that is new enough and really runs: a pyenv shim may do neither.
find_python() {
    search_python '' && return
    offer_packages "Airstrip needs Python 3.11 or newer, and there is none on PATH." python3 python3-venv
    search_python '' || fail 1 launcher.no-python \
        "Airstrip needs Python 3.11 or newer, and there is none on PATH." "Install Python 3.11 or newer."
}

# search_python MODULE: as above, among those that have the module too.
search_python() {
    for name in $PYTHON_NAMES; do
        PYTHON=$("$name" -I -c "import sys${1:+, $1}
sys.version_info >= (3, 11) and print(sys.executable)" 2>/dev/null) || continue
        [ -n "$PYTHON" ] && return
    done
    return 1
}

# Sets UV: AIRSTRIP_UV, the one on PATH, the one of an earlier start, or a new one.
find_uv() {
    if [ -n "${AIRSTRIP_UV:-}" ]; then
        UV=$(command -v "$AIRSTRIP_UV") && new_enough "$UV" && return
        fail 2 launcher.bad-uv "AIRSTRIP_UV=$AIRSTRIP_UV is not a uv that runs, of version $MINIMUM_UV or newer." \
            "Correct it, or unset it to let Airstrip find or install uv."
    fi
    UV=$(command -v uv) && new_enough "$UV" && return
    pinned=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$UV_REQUIREMENTS")
    UV=$AIRSTRIP_CACHE_DIR/uv/$pinned/uv
    new_enough "$UV" || install_uv
}

new_enough() {
    version=$("$1" --version 2>/dev/null) || return 1
    version=${version#uv }
    oldest=$(printf '%s\n%s\n' "$MINIMUM_UV" "${version%% *}" | sort -V | head -n 1)
    [ "$oldest" = "$MINIMUM_UV" ]
}

# Installs the pinned uv as $UV: checked by hash, from a throw-away virtual environment.
install_uv() {
    project_python=$PYTHON
    if ! search_python ensurepip; then
        offer_packages "Python's venv module lacks ensurepip, which installing uv needs." python3-venv
        search_python ensurepip || fail 1 launcher.no-ensurepip "Python's venv module lacks ensurepip." \
            "Install uv yourself, or a Python with ensurepip."
    fi
    say "Installing uv $pinned into $AIRSTRIP_CACHE_DIR ..."
    mkdir -p "$(dirname "$UV")"
    scratch=$(mktemp -d "$(dirname "$UV")/install.XXXXXX")
    if loudly "$PYTHON" -I -m venv "$scratch" \
        && loudly env PIP_USER=0 "$scratch/bin/python" -I -m pip --disable-pip-version-check \
        install --quiet --no-cache-dir --no-input --only-binary :all: --require-hashes -r "$UV_REQUIREMENTS"; then
        mv "$scratch/bin/uv" "$UV"
    fi
    rm -rf "$scratch"
    PYTHON=$project_python
    new_enough "$UV" || fail 1 launcher.no-uv "uv $pinned could not be installed (pip's own words are above)." \
        "Check the network; or install uv $MINIMUM_UV or newer yourself and put it on PATH or into AIRSTRIP_UV."
}

# offer_packages WHY PACKAGE...: installs Debian packages as root after asking; otherwise ends with what to type.
offer_packages() {
    why=$1
    shift
    command -v apt-get >/dev/null || fail 1 launcher.missing-package "$why" "Install it with your system's packages."
    command="apt-get install -y --no-install-recommends $*"
    [ "$(id -u)" = 0 ] || fail 1 launcher.missing-package "$why" "As root, or with sudo: $command"
    if [ "$WANTS_YES" = no ]; then
        [ -t 0 ] || fail 2 usage.needs-confirmation "$why" "Add --yes, or as root: $command"
        say "$why"
        if [ "$WANTS_JSON" = yes ]; then
            say "Install $* now? [Y/n]"
        else
            printf 'Install %s now? [Y/n] ' "$*" >&2
        fi
        read -r answer || answer=n
        case $answer in
            '' | [Yy]*) ;;
            *) fail 1 launcher.missing-package "$why" "As root: $command" ;;
        esac
    fi
    say "$why Installing $* ..."
    install_packages "$@" || fail 1 launcher.missing-package "$* could not be installed (apt-get's own words are above)." \
        "Mend it, then: apt-get update && $command"
}

install_packages() {
    set -- env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
    if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
        loudly "$@" && return
    fi
    # No lists yet, or lists that name packages which are gone.
    loudly apt-get update -q && loudly "$@"
}
