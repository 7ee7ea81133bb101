"""Ways and nodes of a block of a PBF file as columns: compiled loops over the bytes of its messages.

The layout is that of OpenStreetMap's `osmformat.proto`: a block holds a table of strings and groups of objects; a way tells
its tags by rows of that table, and its nodes and places as differences from the one before.
"""

import numpy as np

from twin.kernels import kernel

WAY_ID, WAY_KEYS, WAY_VALUES, WAY_REFS, WAY_LAT, WAY_LON = 1, 2, 3, 8, 9, 10
GROUP_NODES, GROUP_DENSE, GROUP_WAYS = 1, 2, 3
NODE_ID = 1
VARINT, EIGHT_BYTES, BYTES = 0, 1, 2


@kernel
def varint(data, at):
    """Return the whole number that begins at a byte, seven bits a byte, and where the next thing begins. Reads: data."""
    value, shift = np.int64(0), 0
    while data[at] >= 128:
        value |= np.int64(data[at] & 127) << shift
        shift += 7
        at += 1
    return value | (np.int64(data[at]) << shift), at + 1


@kernel
def field(data, at):
    """Return the number of the field that begins at a byte, and where its content begins and ends. Reads: data."""
    tag, at = varint(data, at)
    kind, number = tag & 7, tag >> 3
    if kind == BYTES:
        length, at = varint(data, at)
        return number, at, at + length
    if kind == VARINT:
        return number, at, varint(data, at)[1]
    return number, at, at + (8 if kind == EIGHT_BYTES else 4)


@kernel
def unfold(value):
    """Return the signed number that was folded to a positive one: 0, -1, 1, -2 from 0, 1, 2, 3. Reads: nothing."""
    return (value >> 1) ^ -(value & 1)


@kernel
def find_strings(data, at, end, words, word_first, first, last, word):
    """Find the strings of a table, and which of the words each is; return their number.

    Reads: data, words, word_first. Writes: first, last, word (-1 for none).
    """
    n_strings = 0
    while at < end:
        _, begin, at = field(data, at)
        first[n_strings], last[n_strings] = begin, at
        word[n_strings] = -1
        for candidate in range(word_first.shape[0] - 1):
            if is_same(data, begin, at - begin, words, word_first[candidate], word_first[candidate + 1]):
                word[n_strings] = candidate
        n_strings += 1
    return n_strings


@kernel
def is_same(data, at, length, words, first, last):
    """Return whether the bytes are those of a word. Reads: data, words."""
    step = 0
    while step < length and first + step < last and data[at + step] == words[first + step]:
        step += 1
    return step == length and first + step == last


@kernel
def count_ways(data, at, end):
    """Return the ways of a group and their nodes: as many as there are bytes that end a number. Reads: data."""
    n_ways, n_nodes = 0, 0
    while at < end:
        number, first, at = field(data, at)
        if number == GROUP_WAYS:
            n_ways += 1
            begin, stop = part(data, first, at, WAY_REFS)
            for byte in range(begin, stop):
                n_nodes += data[byte] < 128
    return n_ways, n_nodes


@kernel
def part(data, at, end, wanted):
    """Return where a field of a message begins and ends; one that is not there is empty. Reads: data."""
    while at < end:
        number, first, at = field(data, at)
        if number == wanted:
            return first, at
    return end, end


@kernel
def read_ways(data, at, end, word, way_id, n_nodes, value, ref, x, y):
    """Read the ways of a group: id, nodes with their places, and for each word the string that is its value.

    Reads: data, word. Writes: way_id, n_nodes, value, ref, x, y.
    """
    way, node = 0, 0
    while at < end:
        number, first, at = field(data, at)
        if number == GROUP_WAYS:
            way_id[way] = varint(data, part(data, first, at, WAY_ID)[0])[0]
            read_tags(data, first, at, word, value, way)
            begin, stop = part(data, first, at, WAY_REFS)
            n_nodes[way] = read_steps(data, begin, stop, ref, node)
            begin, stop = part(data, first, at, WAY_LON)
            read_steps(data, begin, stop, x, node)
            begin, stop = part(data, first, at, WAY_LAT)
            read_steps(data, begin, stop, y, node)
            node += n_nodes[way]
            way += 1


@kernel
def read_tags(data, at, end, word, value, way):
    """Note the string that is the value of each tag whose key is a word. Reads: data, word. Writes: value."""
    key_at, key_end = part(data, at, end, WAY_KEYS)
    value_at, _ = part(data, at, end, WAY_VALUES)
    while key_at < key_end:
        key, key_at = varint(data, key_at)
        text, value_at = varint(data, value_at)
        if 0 <= word[key] < value.shape[1]:
            value[way, word[key]] = text


@kernel
def read_steps(data, at, end, column, row):
    """Fill rows with the running sum of folded numbers; return how many there are. Reads: data. Writes: column."""
    total, n = 0, 0
    while at < end:
        step, at = varint(data, at)
        total += unfold(step)
        column[row + n] = total
        n += 1
    return n


@kernel
def count_nodes(data, at, end):
    """Return the nodes of a group, told one by one or all as differences. Reads: data."""
    n_nodes = 0
    while at < end:
        number, first, at = field(data, at)
        if number == GROUP_NODES:
            n_nodes += 1
        elif number == GROUP_DENSE:
            begin, stop = part(data, first, at, NODE_ID)
            for byte in range(begin, stop):
                n_nodes += data[byte] < 128
    return n_nodes


@kernel
def read_node_ids(data, at, end, ids):
    """Read the ids of the nodes of a group. Reads: data. Writes: ids."""
    node = 0
    while at < end:
        number, first, at = field(data, at)
        if number == GROUP_NODES:
            ids[node] = unfold(varint(data, part(data, first, at, NODE_ID)[0])[0])
            node += 1
        elif number == GROUP_DENSE:
            begin, stop = part(data, first, at, NODE_ID)
            node += read_steps(data, begin, stop, ids, node)
