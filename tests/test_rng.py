"""Luck is a pure function of its address, and the published generator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.rng import Stream, philox, uniform, uniform4, uniforms

# Known-answer vectors of Philox 4x32-10 as published with Random123 (Salmon et al.): counter, key, block.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
SEEDS = st.integers(0, 2**63 - 1)
ADDRESSES = st.tuples(
    SEEDS, st.sampled_from(list(Stream)), st.integers(0, 2**40), st.integers(0, 2**31), st.integers(0, 2**18 - 1)
)


def words(text: str) -> list[np.uint64]:
    return [np.uint64(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize("function", [philox, philox.py_func], ids=["compiled", "python"])
@pytest.mark.parametrize(("counter", "key", "block"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(function, counter, key, block):
    assert list(function(*words(counter), *words(key))) == words(block)


@given(st.tuples(*[st.integers(0, 2**32 - 1)] * 6))
def test_compiled_and_python_blocks_are_equal(counter_and_key):
    block = [np.uint64(word) for word in counter_and_key]
    assert philox(*block) == philox.py_func(*block)


@given(ADDRESSES)
def test_draws_are_the_words_of_their_block(address):
    *where, draw = address
    block = uniform4(*where, draw >> 2)
    assert uniform(*where, draw) == block[draw & 3]
    assert min(block) >= 0.0
    assert max(block) < 1.0
    assert all(float(u * 2**32).is_integer() for u in block)


@given(ADDRESSES)
def test_a_draw_is_a_word_of_the_published_generator(address):
    seed, stream, entity, period, draw = address
    low, high = 2**32 - 1, 32
    counter = entity & low, entity >> high, period, (stream << 16) | (draw >> 2)
    block = philox(*map(np.uint64, counter), np.uint64(seed & low), np.uint64(seed >> high))
    assert uniform(seed, stream, entity, period, draw) == int(block[draw & 3]) / 2**32


@given(ADDRESSES, ADDRESSES)
def test_other_addresses_give_other_blocks(one, other):
    def block(seed, stream, entity, period, draw):
        return (seed, stream, entity, period, draw >> 2), uniform4(seed, stream, entity, period, draw >> 2)

    (at_one, draws_of_one), (at_other, draws_of_other) = block(*one), block(*other)
    assert (at_one == at_other) == (draws_of_one == draws_of_other)


@pytest.mark.parametrize("part", range(5))
def test_every_part_of_the_address_counts(part):
    address = [1, Stream.HABIT, 2, 3, 4]
    changed = [Stream.STOP if at == part == 1 else value + (at == part) for at, value in enumerate(address)]
    assert uniform(*address) != uniform(*changed)


def test_draws_in_a_row_are_the_single_draws():
    row = uniforms(7, Stream.FLEET_SOC, 1000, 50, 3, 5)
    assert row.tolist() == [uniform(7, Stream.FLEET_SOC, 1000 + entity, 3, 5) for entity in range(50)]


@pytest.mark.parametrize("stream", list(Stream))
@pytest.mark.parametrize("draw", range(4))
def test_draws_are_uniform_and_independent_of_their_neighbours(stream, draw):
    """Mean, variance, neighbour correlation and cells of n draws lie within five standard errors of a uniform's."""
    n = 100_000
    u = uniforms(2027, stream, 0, n, 1, draw)
    assert abs(u.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / n)
    assert abs(u.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / n)
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 5 / np.sqrt(n)
    cells = np.bincount((u * 64).astype(int), minlength=64)
    chi_squared = ((cells - n / 64) ** 2 / (n / 64)).sum()
    assert abs(chi_squared - 63) < 5 * np.sqrt(2 * 63)


def test_stream_numbers_are_unique_and_each_says_what_it_is_for():
    assert len({int(stream) for stream in Stream}) == len(Stream.__members__)
    assert min(Stream) > 0
    assert max(Stream) < 2**16
