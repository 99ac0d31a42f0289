"""No public point with fewer than eight homes, none over a guarded line, and none that a record has chosen."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harborlight.places.locate import NOWHERE
from harborlight.places.snap import LEAST_ADDRESSES, choose_nodes, find_nearest

BLOCK = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 25), st.integers(-1, 2))


def arrays(blocks):
    table = np.array(sorted(blocks), dtype=np.int64).reshape(-1, 4)
    return table[:, :2].astype(float), table[:, 2], table[:, 3].astype(np.int32)


def nearest_by_hand(point, piece, nodes, node_pieces) -> int:
    """The rule, word for word: the nearest node of the same piece, of equally near ones the first."""
    away = [
        (round(float(np.hypot(*(point - node))), 6), ix) for ix, node in enumerate(nodes) if node_pieces[ix] == piece
    ]
    return min(away)[1] if away and piece != NOWHERE else NOWHERE


@given(st.lists(BLOCK, max_size=60, unique_by=lambda block: block[:2]))
@settings(max_examples=150, deadline=None)
def test_every_node_has_eight_homes_nearest_to_it_in_its_own_piece(blocks) -> None:
    metres, homes, piece = arrays(blocks)
    nodes = choose_nodes(metres, homes, piece)
    catchment = np.zeros(len(nodes.block), dtype=np.int64)
    for block in range(len(homes)):
        node = nearest_by_hand(metres[block], piece[block], metres[nodes.block], nodes.piece)
        if homes[block] and node != NOWHERE:
            catchment[node] += homes[block]
            assert nodes.piece[node] == piece[block]
    assert catchment.tolist() == nodes.homes.tolist()
    assert (nodes.homes >= LEAST_ADDRESSES).all()
    # A piece goes without a node only if all of it has fewer than eight homes; no home of the others is lost.
    for each in set(piece.tolist()) - {NOWHERE}:
        total, shown = homes[piece == each].sum(), nodes.homes[nodes.piece == each].sum()
        assert shown == (total if total >= LEAST_ADDRESSES else 0)
    assert NOWHERE not in nodes.piece.tolist() and (homes[nodes.block] > 0).all()


@given(st.lists(BLOCK, max_size=40, unique_by=lambda block: block[:2]), st.lists(BLOCK, max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_point_goes_to_the_nearest_node_of_its_piece_or_nowhere(blocks, points) -> None:
    metres, homes, piece = arrays(blocks)
    nodes = choose_nodes(metres, homes, piece)
    places, _, at = arrays(points)
    found = find_nearest(places, at, metres[nodes.block], nodes.piece)
    assert found.tolist() == [
        nearest_by_hand(p, a, metres[nodes.block], nodes.piece) for p, a in zip(places, at, strict=True)
    ]


def test_the_node_with_the_fewest_homes_goes_first_and_of_equals_the_earlier() -> None:
    metres = np.array([[0.0, 0], [10, 0], [20, 0], [100, 0]])
    nodes = choose_nodes(metres, np.array([3, 5, 4, 8]), np.zeros(4, dtype=np.int32))
    # 3 goes to 5, which makes 8; 4 goes to its nearest, the same one.
    assert (nodes.block.tolist(), nodes.homes.tolist()) == ([1, 3], [12, 8])
    twins = choose_nodes(np.array([[0.0, 0], [10, 0]]), np.array([4, 4]), np.zeros(2, dtype=np.int32))
    assert (twins.block.tolist(), twins.homes.tolist()) == ([1], [8])


def test_seven_homes_are_not_shown_and_eight_are() -> None:
    metres, piece = np.array([[0.0, 0], [1, 0]]), np.zeros(2, dtype=np.int32)
    assert choose_nodes(metres, np.array([3, 4]), piece).block.tolist() == []
    assert choose_nodes(metres, np.array([3, 5]), piece).homes.tolist() == [8]
