"""Settings of a table of MariaDB or MySQL: which of them an ALTER TABLE names, also where one is taken back.

The server keeps what is not named, so what a model no longer says is set to what a table has that says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from peewit.sql import MYSQL_RULES, Token, significant, tokenize

CHARSET, COLLATE = "CHARSET", "COLLATE"
_NAMES = {
    ("DEFAULT", "CHARACTER", "SET"): CHARSET,
    ("DEFAULT", "CHARSET"): CHARSET,
    ("DEFAULT", "COLLATE"): COLLATE,
    ("CHARACTER", "SET"): CHARSET,
}
_UNSAID = {
    **dict.fromkeys(("AVG_ROW_LENGTH", "CHECKSUM", "DELAY_KEY_WRITE", "KEY_BLOCK_SIZE", "MAX_ROWS", "MIN_ROWS"), "0"),
    **dict.fromkeys(("ENCRYPTED", "PACK_KEYS", "PAGE_CHECKSUM", "PAGE_COMPRESSED", "ROW_FORMAT"), "DEFAULT"),
    **dict.fromkeys(("STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "TRANSACTIONAL"), "DEFAULT"),
    "COMMENT": "''",
}
"""What a setting is where no table says it; all others are the server's to tell, or stay: a counter where it is."""
_IN_PLACE = ("AUTO_INCREMENT", "COMMENT", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES")


def changed(before: Sequence[str], after: Sequence[str], usual: Mapping[str, str]) -> dict[str, str]:
    """The actions that lead from some settings to others, by what they set. ``usual``: what the server does unasked."""
    old, new = _settings(before), _settings(after)
    actions = {name: text for name, (text, value) in new.items() if old.get(name, ("", None))[1] != value}
    for name in old.keys() - new.keys():
        value = usual.get(name, _UNSAID.get(name))
        if value is not None:
            actions[name] = f"{name}={value}"
    if actions.keys() & {CHARSET, COLLATE}:
        said = {name: new[name][0] for name in (CHARSET, COLLATE) if name in new}
        actions = {name: text for name, text in actions.items() if name not in (CHARSET, COLLATE)} | said
        if not said:
            actions[CHARSET] = f"DEFAULT CHARSET={usual.get(CHARSET, 'DEFAULT')}"
            actions |= {COLLATE: f"{COLLATE}={usual[COLLATE]}"} if COLLATE in usual else {}
    return actions


def characters(actions: Mapping[str, str]) -> str:
    """The set of characters that settings ask for, empty where they ask for none."""
    said = {name: value for text in actions.values() for name, (_, value) in _settings([text]).items()}
    found = said.get(CHARSET) or (said.get(COLLATE) or "").partition("_")[0]
    return "" if found == "default" else found


def writes_rows(actions: Mapping[str, str]) -> bool:
    """Whether the server writes every row for it."""
    return any(name not in _IN_PLACE for name in actions)


def _settings(texts: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Each setting by its name: the text that sets it, and the value in one form."""
    return {name: found for text in texts for name, found in _read(text)}


def _read(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The settings of one text; what is no name and value is one setting with all that follows it."""
    tokens = [token for token in significant(tokenize(text, MYSQL_RULES)) if not token.is_op(",")]
    at = 0
    while at < len(tokens):
        name, length = _name(tokens[at:])
        equals = at + length < len(tokens) and tokens[at + length].is_op("=")
        end = at + length + equals
        if end >= len(tokens) or not (equals or name in (CHARSET, COLLATE, "COMMENT", "ENGINE", *_UNSAID)):
            rest = text[tokens[at].start :].strip()
            yield rest.upper(), (rest, rest.upper())
            return
        value = tokens[end]
        said = value.text if value.kind == "string" and name == "COMMENT" else value.text.strip("'\"").lower()
        yield name, (text[tokens[at].start : value.end], said)
        at = end + 1


def _name(tokens: Sequence[Token]) -> tuple[str, int]:
    words = [token.text.upper() for token in tokens[:3]]
    for spelling, name in _NAMES.items():
        if words[: len(spelling)] == list(spelling):
            return name, len(spelling)
    return words[0], 1
