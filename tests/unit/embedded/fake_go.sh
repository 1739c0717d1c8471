#!/bin/sh
# Stands in for the go command: answers env and list, and "compiles" by copying itself.
# FAKE_GO_FAILS=list|build makes that fail; FAKE_GO_VERSION is its version.
if [ "${FAKE_GO_FAILS:-}" = "$1" ]; then
    echo net/http
    echo "# example.org/broken" >&2
    echo "broken.go:1:1: it does not compile" >&2
    exit 1
fi
case $1 in
env)
    case $2 in
    GOVERSION) echo "go${FAKE_GO_VERSION:-1.26.8}" ;;
    *) printf '%s\n' "${GOMODCACHE:-$HOME/go/pkg/mod}" "${GOCACHE:-$HOME/.cache/go-build}" ;;
    esac
    ;;
list)
    echo "go: downloading golang.org/x/sys v0.1.0" >&2
    printf 'net/http\t/nowhere/net/http\t\n'
    printf 'golang.org/x/sys/unix\t%s/sys/unix\tgolang.org/x/sys\tv0.1.0\t%s/sys\n' "$FAKE_MODULES" "$FAKE_MODULES"
    ;;
build)
    echo net/http >&2
    previous=
    for argument; do
        case $previous in -o) out=$argument ;; esac
        case $argument in
        .) cp "$0" "$out/airstrip-node" ;;
        github.com/*) cp "$0" "$out/${argument##*/}" ;;
        esac
        previous=$argument
    done
    ;;
esac
