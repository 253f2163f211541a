"""What is gone, and what is new → what most likely became what."""

import itertools
import random

import pytest

from peewit.diff.pairing import Doubt, names_alike, paired, ranked, readings


def doubts(likeness: dict[tuple[str, str], float], within: str = "t") -> list[Doubt]:
    """A doubt for each pair."""
    return [Doubt(old=old, new=new, within=within, likeness=much) for (old, new), much in likeness.items()]


@pytest.mark.parametrize(("old", "likelier", "other"), [
    ("name", "full_name", "nickname"),
    ("nick", "nickname", "full_name"),
    ("email", "mail", "phone"),
    ("fullName", "full_name", "full"),
    ("zip", "zip_code", "code"),
    ("phone", "home_phone", "home"),
])  # fmt: skip
def test_words_count_for_more_than_letters(old: str, likelier: str, other: str) -> None:
    """A name that is a word of another is more like it than one that shares its letters."""
    assert names_alike(old, likelier) > names_alike(old, other)


def test_a_letter_or_two_are_chance() -> None:
    """Names that have nothing in common are all equally unlike, and one word in two is equally much in either."""
    assert names_alike("age", "years") == names_alike("tag", "thing") == 0
    assert names_alike("name", "first_name") == names_alike("name", "last_name") > 0


def test_the_pairing_is_the_likeliest_of_all() -> None:
    """No other pairing has a greater sum, whatever there is to pair."""
    dice = random.Random(7)
    for _ in range(300):
        olds, news = "abcd"[: dice.randint(1, 4)], "wxyz"[: dice.randint(1, 4)]
        likeness = {pair: dice.randint(0, 100) / 50 for pair in itertools.product(olds, news)}
        found = {(d.old, d.new): d.likeness for d in paired(doubts(likeness))}
        short, long = sorted((olds, news), key=len)
        turned = short is not olds
        most = max(
            sum(likeness[(b, a) if turned else (a, b)] for a, b in zip(short, others, strict=True))
            for others in itertools.permutations(long, len(short))
        )
        assert (len(found), round(sum(found.values()), 6)) == (len(short), round(most, 6))


def test_what_is_equally_alike_keeps_its_order() -> None:
    """The first became the first."""
    same = dict.fromkeys(itertools.product("ab", "xyz"), 0.5)
    assert [(d.old, d.new) for d in paired(doubts(same))] == [("a", "x"), ("b", "y")]
    assert [(d.old, d.new) for d in ranked(doubts(same))][:2] == [("a", "x"), ("b", "y")]


def test_another_reading_swaps_what_is_as_much_alike() -> None:
    """A pair that is less alike than both it would part is no reading of its own."""
    crossed = {("a", "x"): 1.0, ("a", "y"): 0.2, ("b", "x"): 0.9, ("b", "y"): 0.2}
    assert readings(doubts(crossed)) == [{"a": "x", "b": "y"}, {"a": "y", "b": "x"}]
    clear = {("a", "x"): 1.0, ("a", "y"): 0.2, ("b", "x"): 0.2, ("b", "y"): 1.0}
    assert readings(doubts(clear)) == [{"a": "x", "b": "y"}]


def test_a_name_may_come_in_two_tables() -> None:
    """Each table's fields are paired by themselves."""
    both = [*doubts({("t.a", "x"): 1.0}, "t"), *doubts({("u.a", "x"): 1.0}, "u")]
    assert readings(both) == [{"t.a": "x", "u.a": "x"}]


def test_many_fields_are_paired_at_once() -> None:
    """Sixty renamed columns are no riddle, and of the readings only a few are shown."""
    names = [f"{a}{b}" for a in "bcdfgh" for b in "aeiouvwxyz"]
    likeness = {(o, f"the_{n}"): names_alike(o, f"the_{n}") for o in names for n in names}
    found = readings(doubts(likeness))
    assert (found[0], len(found) <= 4) == ({name: f"the_{name}" for name in names}, True)
