"""Settings of a table of MariaDB or MySQL → the actions of an ALTER TABLE."""

import pytest

from peewit.compile.mysql_settings import changed

USUAL = {"ENGINE": "InnoDB", "CHARSET": "utf8mb4", "COLLATE": "utf8mb4_general_ci"}
TABLE = [
    ([], ["ENGINE=MyISAM"], ["ENGINE=MyISAM"]),
    (["ENGINE=MyISAM"], [], ["ENGINE=InnoDB"]),
    (["ENGINE=InnoDB ROW_FORMAT=COMPRESSED"], ["engine = innodb"], ["ROW_FORMAT=DEFAULT"]),
    (["COMMENT='a'"], ["COMMENT 'b'"], ["COMMENT 'b'"]),
    (["COMMENT='a'", "AUTO_INCREMENT=100"], [], ["COMMENT=''"]),
    (["DEFAULT CHARSET=latin1"], ["CHARACTER SET latin1"], []),
    (["DEFAULT CHARSET=latin1"], [], ["DEFAULT CHARSET=utf8mb4", "COLLATE=utf8mb4_general_ci"]),
    (["CHARSET=latin1", "COLLATE=latin1_bin"], ["CHARSET=latin1"], ["CHARSET=latin1"]),
    (["CHARSET=latin1"], ["CHARSET=latin1 COLLATE=latin1_bin"], ["CHARSET=latin1", "COLLATE=latin1_bin"]),
    ([], ["WITH SYSTEM VERSIONING"], ["WITH SYSTEM VERSIONING"]),
    (["WITH SYSTEM VERSIONING"], [], []),
]


@pytest.mark.parametrize(("before", "after", "actions"), TABLE)
def test_only_what_changes_is_named_and_what_goes_is_set_to_the_usual(
    before: list[str], after: list[str], actions: list[str]
) -> None:
    """What only the server knows of a table without settings comes from it."""
    assert sorted(actions) == sorted(changed(before, after, USUAL).values())
