#!/bin/sh
# Run the test suites of both projects, each with its own settings; the second also where the first fails.
# The arguments are handed to pytest. Where they select tests of one suite only, the other may find none.
# At the end stands on which databases, in which versions, the tests ran, and which were skipped.
set -u

root=$(pwd)
failed=0
databases=$(mktemp)
trap 'rm -f "$databases"' EXIT

suite() {
    name=$1
    folder=$2
    shift 2
    echo "== tests of $name"
    (cd "$folder" && PEEWIT_TEST_REPORT="$databases" "$root/.venv/bin/python" -m pytest -n auto "$@" tests)
    code=$?
    [ $code -eq 5 ] && [ $# -gt 0 ] && code=0
    [ $code -eq 0 ] || failed=1
}

suite peewit peewit "$@"
suite synth-codeai . "$@"
cat "$databases"
exit $failed
