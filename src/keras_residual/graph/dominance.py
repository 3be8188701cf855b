"""Which points of a graph every path must pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ROOT = -1  # stands before all inputs of the graph


class Dominators:
    """Answers which point all paths to some points have in common.

    Points are numbered in topological order. In a graph without cycles the immediate
    dominator of a point is the nearest common ancestor, in the dominator tree, of the
    points that it reads. Each point holds one jump pointer, so an answer costs
    the logarithm of the depth.

    Reference:
        Cooper, Harvey and Kennedy, A Simple, Fast Dominance Algorithm, 2001.
        Myers, An applicative random-access stack, 1983 (the jump pointers).

    Args:
        sources: For each point, the points that it reads; none for an input.

    Examples:
        >>> Dominators([(), (0,), (0,), (1, 2)]).common([1, 2])
        0
    """

    def __init__(self, sources: Iterable[Sequence[int]]):
        # Index -1, the last entry of each list, is the root.
        self._parent, self._jump, self._depth = [ROOT], [ROOT], [0]
        for point, read in enumerate(sources):
            parent = self.common(read) if read else ROOT
            self._append(point, parent)

    def _append(self, point: int, parent: int) -> None:
        jump = self._jump[parent]
        far = self._jump[jump]
        depth = self._depth
        even = depth[parent] - depth[jump] == depth[jump] - depth[far]
        self._parent.insert(point, parent)
        self._jump.insert(point, far if even else parent)
        depth.insert(point, depth[parent] + 1)

    def common(self, points: Iterable[int]) -> int:
        """Returns the nearest point that dominates all of these, or `ROOT`."""
        first, *rest = dict.fromkeys(points)
        for point in rest:
            first = self._meet(first, point)
        return first

    def _meet(self, a: int, b: int) -> int:
        depth, jump, parent = self._depth, self._jump, self._parent
        if depth[a] < depth[b]:
            a, b = b, a
        while depth[a] > depth[b]:
            a = jump[a] if depth[jump[a]] >= depth[b] else parent[a]
        while a != b:
            if jump[a] != jump[b]:
                a, b = jump[a], jump[b]
            else:
                a, b = parent[a], parent[b]
        return a
