#!/bin/sh
# Make .venv ready: both distributions, editable, and the development tools at the versions of constraints.txt.
# `setup.sh docs` adds what the documentation is built with to a .venv that is ready.
# Says one line on standard error when it starts and nothing when it succeeds; what pip says is kept in .venv/setup.log.
# $PYTHON names the interpreter to build with.
set -eu

interpreter=${PYTHON:-python3}

refuse() {
    echo "error: $1" >&2
    exit 2
}

install() {
    if ! .venv/bin/python -m pip install --disable-pip-version-check --constraint constraints.txt \
        "$@" >.venv/setup.log 2>&1; then
        tail -n 20 .venv/setup.log >&2
        refuse "the packages could not be installed; all that pip said is in .venv/setup.log"
    fi
}

if [ "${1:-}" = docs ]; then
    echo "installing what the documentation is built with (once)…" >&2
    install --editable 'peewit[docs]'
    touch .venv/docs-ready
    exit
fi

command -v "$interpreter" >/dev/null 2>&1 ||
    refuse "$interpreter was not found; Python 3.11 or newer is needed: make PYTHON=/path/to/python3"
version=$("$interpreter" -c 'import sys; print("%d.%d" % sys.version_info[:2])') ||
    refuse "$interpreter does not run; Python 3.11 or newer is needed: make PYTHON=/path/to/python3"
"$interpreter" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    refuse "$interpreter is Python $version; 3.11 or newer is needed: make PYTHON=/path/to/python3"
"$interpreter" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    refuse "$interpreter has no venv module; install it (Debian, Ubuntu: apt install python3-venv)"

if [ -e .venv/ready ]; then
    echo "updating .venv (what it needs has changed)…" >&2
else
    # What an interrupted setup left behind is thrown away.
    echo "setting up .venv (once)…" >&2
    "$interpreter" -m venv --clear .venv || refuse "$interpreter -m venv could not make .venv"
fi

install --editable peewit --editable '.[dev]'
# pip compiles what it copies; what is used where it stands would be compiled anew at each start wherever
# PYTHONDONTWRITEBYTECODE is set, as it is in many containers: half of what `make migrate` takes.
.venv/bin/python -m compileall -q peewit/src synth_codeai scripts
touch .venv/ready
