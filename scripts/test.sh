#!/bin/sh
# Run the test suites of both projects, each with its own settings; the second also where the first fails.
# The arguments are handed to pytest. Where they select tests of one suite only, the other may find none.
# At the end stands on which databases, in which versions, the tests ran, and which were skipped.
set -u

root=$(pwd)
workers=$(($(getconf _NPROCESSORS_ONLN) * 2))   # tests of servers wait as much as they compute
failed=0
databases=$(mktemp)
place=
trap 'rm -rf "$databases" ${place:+"$place"}' EXIT

# Nothing that a test writes has to outlive it, so it is written to memory where there is enough: on a disk, half of the
# time is spent waiting until it is safe there. TMPDIR=/tmp make test: on the disk all the same.
memory=/dev/shm
if [ -z "${TMPDIR:-}" ] && [ "$(df -Pk $memory 2>/dev/null | awk 'NR == 2 { print $4 }')" -ge 4000000 ] 2>/dev/null &&
    place=$(mktemp -d $memory/peewit-XXXXXX 2>/dev/null); then
    chmod 711 "$place" # servers do not run as root
    printf '#!/bin/sh\n' >"$place/runs"
    chmod 755 "$place/runs"
    if "$place/runs" 2>/dev/null; then export TMPDIR="$place"; fi
fi

# What changed since the setup would be compiled anew in each process wherever PYTHONDONTWRITEBYTECODE is set.
"$root/.venv/bin/python" -m compileall -q peewit/src synth_codeai scripts

suite() {
    name=$1
    folder=$2
    shift 2
    echo "== tests of $name"
    (cd "$folder" && PEEWIT_TEST_REPORT="$databases" "$root/.venv/bin/python" -m pytest -n "$workers" "$@" tests)
    code=$?
    [ $code -eq 5 ] && [ $# -gt 0 ] && code=0
    [ $code -eq 0 ] || failed=1
}

suite peewit peewit "$@"
suite synth-codeai . "$@"
cat "$databases"
exit $failed
