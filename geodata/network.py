# SPDX-License-Identifier: Apache-2.0
"""A network that vehicles or people move on: frozen arrays, edges sorted by the node they leave (CSR).

Node numbers follow from the coordinates alone, so they do not depend on the order in which roads were read. The readable
graph of record is `as_networkx`; searches that must be fast work on the arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.linework import Floats, Ints, Way, lines_of
from twin.errors import Problem, did_you_mean, problem

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, kw_only=True)
class Network:
    """Directed edges between nodes, one weakly connected whole. Axes: V nodes, E edges, P points of edge lines."""

    node_ids: tuple[str, ...]
    """Stable name of each node: its centimetres east and north of the origin."""
    xy_m: Floats
    """[V, 2]"""
    tail: Ints
    """Node an edge leaves [E]; ascending."""
    head: Ints
    """Node an edge reaches [E]."""
    indptr: Ints
    """Edges that leave node v are indptr[v] : indptr[v + 1] [V + 1]."""
    length_m: Floats
    width_m: Floats
    speed_m_s: Floats
    max_height_m: Floats
    """Highest vehicle that passes [E]; infinite where nothing hangs over."""
    max_mass_kg: Floats
    reverse: Ints
    """The edge that runs back along the same line [E]; -1 on a one-way road."""
    way_ids: tuple[str, ...]
    """Road (or place, for a connector) an edge comes from [E]."""
    kinds: tuple[str, ...]
    line_xy_m: Floats
    """Points of all edge lines, one edge after the other [P, 2]."""
    line_indptr: Ints
    """[E + 1]"""
    routable: NDArray[np.bool_]
    """Nodes that can be reached from, and can reach, all other such nodes [V]."""
    component_sizes: tuple[int, ...] = ()
    """Nodes of every component that was drawn, largest first; only the first is in the network."""
    place_node: Mapping[str, int] = field(default_factory=dict)
    """Node that stands for an asset of the park, by asset id."""
    place_distance_m: Mapping[str, float] = field(default_factory=dict)
    """How far the asset is from that node."""
    problems: tuple[Problem, ...] = ()
    """What was mended, left out or looks wrong; all of them warnings."""

    @property
    def node_count(self) -> int:
        return len(self.node_ids)

    @property
    def edge_count(self) -> int:
        return len(self.tail)

    def edge_line(self, edge: int) -> Floats:
        """Line of an edge from tail to head. Shapes: -> [k, 2]."""
        return self.line_xy_m[self.line_indptr[edge] : self.line_indptr[edge + 1]]

    @cached_property
    def _tree(self) -> tuple[Any, Ints]:
        from scipy.spatial import cKDTree

        rows = np.flatnonzero(self.routable)
        return cKDTree(self.xy_m[rows]), rows

    def nearest_node(self, points_m: Floats) -> Ints:
        """Nearest routable node. Shapes: points_m [N, 2 or 3] -> [N]."""
        tree, rows = self._tree
        _, found = tree.query(np.asarray(points_m, dtype=np.float64)[:, :2])
        result: Ints = rows[found]
        return result

    def place(self, asset_id: str) -> int:
        """Node of an asset of the park.

        Raises: InputProblems when the asset has none; names the nearest.
        """
        if asset_id not in self.place_node:
            raise problem(
                f"'{asset_id}' is not on the network", did_you_mean(asset_id, list(self.place_node))
            )
        return self.place_node[asset_id]

    def with_places(
        self, ids: Sequence[str], xy_m: Floats, nodes: Ints | None = None, *, problems: Sequence[Problem] = ()
    ) -> Network:
        """The same network knowing the nodes of assets (the nearest routable ones unless given)."""
        if not len(ids):
            return replace(self, problems=self.problems + tuple(problems))
        rows = self.nearest_node(xy_m) if nodes is None else nodes
        away = np.hypot(*(self.xy_m[rows] - xy_m).T)
        return replace(
            self,
            place_node={**self.place_node, **dict(zip(ids, rows.tolist(), strict=True))},
            place_distance_m={**self.place_distance_m, **dict(zip(ids, away.tolist(), strict=True))},
            problems=self.problems + tuple(problems),
        )

    def as_networkx(self) -> networkx.MultiDiGraph[str]:
        """The graph of record: nodes by id with x_m, y_m; edges keyed by their number with all their properties."""
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        for node, (x_m, y_m) in zip(self.node_ids, self.xy_m.tolist(), strict=True):
            graph.add_node(node, x_m=x_m, y_m=y_m)
        for edge in range(self.edge_count):
            graph.add_edge(
                self.node_ids[self.tail[edge]],
                self.node_ids[self.head[edge]],
                key=edge,
                length_m=float(self.length_m[edge]),
                width_m=float(self.width_m[edge]),
                speed_m_s=float(self.speed_m_s[edge]),
                time_s=float(self.length_m[edge] / self.speed_m_s[edge]),
                max_height_m=float(self.max_height_m[edge]),
                max_mass_kg=float(self.max_mass_kg[edge]),
                way_id=self.way_ids[edge],
                kind=self.kinds[edge],
            )
        return graph


def _node_numbers(pieces: Sequence[Way]) -> tuple[Ints, Ints, Ints]:
    """Centimetres of each node [V, 2], and the node at which each piece starts and ends [E]."""
    ends = np.rint(np.array([[piece.line_m[0], piece.line_m[-1]] for piece in pieces]) * 100).astype(np.int64)
    keys, node_of = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    start, end = node_of.reshape(-1, 2).T.astype(np.int64)
    return keys, start, end


def connected_part(
    pieces: Sequence[Way], *, layer: str = "roads"
) -> tuple[list[Way], tuple[int, ...], list[Problem]]:
    """The largest set of pieces that hang together, the node count of every set (largest first), and what was left out.

    Raises: InputProblems when there is no piece at all.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not pieces:
        raise problem("the park has no road to build a network from", "Draw at least one road.", layer=layer)
    keys, start, end = _node_numbers(pieces)
    links = coo_array((np.ones(len(pieces)), (start, end)), shape=(len(keys), len(keys))).tocsr()
    _, label = connected_components(links, directed=False)
    sizes = np.bincount(label)
    largest = int(np.argmax(sizes))
    left_out: dict[int, list[int]] = {}
    for row in np.flatnonzero(label[start] != largest).tolist():
        left_out.setdefault(int(label[start[row]]), []).append(row)
    notes: list[Problem] = []
    for part in sorted(left_out):
        members = sorted({pieces[row].id for row in left_out[part]})
        x_m, y_m = pieces[left_out[part][0]].line_m[0]
        notes.append(
            Problem(
                what=f"{', '.join(members[:5])}{' ...' if len(members) > 5 else ''} near ({x_m:.0f}, {y_m:.0f}) not joined"
                " to the rest of the network; nothing can be routed there",
                remedy="Draw the missing link, or move its end onto the other road.",
                code="N01",
                layer=layer,
                id=members[0],
                warning=True,
            )
        )
    kept = [pieces[row] for row in np.flatnonzero(label[start] == largest).tolist()]
    return kept, tuple(sorted((int(size) for size in sizes), reverse=True)), notes


def assemble(
    pieces: Sequence[Way],
    *,
    component_sizes: tuple[int, ...] = (),
    layer: str = "roads",
    problems: Sequence[Problem] = (),
) -> Network:
    """The network of pieces that meet only at their ends and hang together (see `connected_part`)."""
    keys, start, end = _node_numbers(pieces)
    both = np.flatnonzero([not piece.oneway for piece in pieces])
    source = np.concatenate([np.arange(len(pieces)), both])
    back = np.arange(len(source)) >= len(pieces)
    tail = np.where(back, end[source], start[source])
    head = np.where(back, start[source], end[source])
    length = shapely.length(lines_of(pieces))[source]
    ids = np.array([piece.id for piece in pieces])[source]
    order = np.lexsort((back, ids, length, head, tail))
    partner = np.full(len(source), -1, dtype=np.int64)
    partner[both] = len(pieces) + np.arange(len(both))
    partner[len(pieces) :] = both
    new_number = np.argsort(order)
    reverse = np.where(partner >= 0, new_number[partner], -1)[order]
    source, back, tail, head = source[order], back[order], tail[order], head[order]
    lines = [
        pieces[row].line_m[:: -1 if flip else 1]
        for row, flip in zip(source.tolist(), back.tolist(), strict=True)
    ]
    notes = list(problems)
    count = len(keys)
    strong = _strong(tail, head, count)
    if not strong.all():
        trap = np.flatnonzero(~strong)
        notes.append(
            Problem(
                what=f"{len(trap)} nodes can be entered but not left, or left but not entered, because of one-way roads;"
                f" the first at ({keys[trap[0]][0] / 100:.0f}, {keys[trap[0]][1] / 100:.0f})",
                remedy="Check the direction in which the one-way roads there are drawn.",
                code="N06",
                layer=layer,
                warning=True,
            )
        )
    return Network(
        node_ids=tuple(f"n{x}_{y}" for x, y in keys.tolist()),
        xy_m=keys / 100.0,
        tail=tail.astype(np.int64),
        head=head.astype(np.int64),
        indptr=np.searchsorted(tail, np.arange(count + 1)).astype(np.int64),
        length_m=length[order],
        width_m=np.array([pieces[row].width_m for row in source.tolist()], dtype=np.float64),
        speed_m_s=np.array([pieces[row].speed_m_s for row in source.tolist()], dtype=np.float64),
        max_height_m=np.array([pieces[row].max_height_m for row in source.tolist()], dtype=np.float64),
        max_mass_kg=np.array([pieces[row].max_mass_kg for row in source.tolist()], dtype=np.float64),
        reverse=reverse,
        way_ids=tuple(pieces[row].id for row in source.tolist()),
        kinds=tuple(pieces[row].kind for row in source.tolist()),
        line_xy_m=np.vstack(lines),
        line_indptr=np.concatenate(([0], np.cumsum([len(line) for line in lines]))).astype(np.int64),
        routable=strong,
        component_sizes=component_sizes or (count,),
        problems=tuple(notes),
    )


def _strong(tail: Ints, head: Ints, count: int) -> NDArray[np.bool_]:
    """Nodes of the largest strongly connected part; all nodes when that part is less than half of them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(tail)), (tail, head)), shape=(count, count)).tocsr()
    _, label = connected_components(links, directed=True, connection="strong")
    sizes = np.bincount(label)
    largest = int(np.argmax(sizes))
    inside: NDArray[np.bool_] = label == largest
    return inside if 2 * sizes[largest] >= count else np.ones(count, dtype=bool)
