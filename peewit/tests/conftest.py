"""What all tests share: the database servers."""

from .servers import (
    database,
    mariadb,
    mariadb_server,
    postgres,
    postgres_server,
    pytest_configure,
    pytest_configure_node,
    pytest_generate_tests,
    pytest_terminal_summary,
    pytest_unconfigure,
    server,
)

__all__ = [
    "database",
    "mariadb",
    "mariadb_server",
    "postgres",
    "postgres_server",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_generate_tests",
    "pytest_terminal_summary",
    "pytest_unconfigure",
    "server",
]
