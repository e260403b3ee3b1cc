"""The component of interop.wit in Python."""

import math

import wit_world
from componentize_py_types import Err
from wit_world import Access, Point, Shape, Shape_Circle, Shape_Named
from wit_world.imports import store


class WitWorld(wit_world.WitWorld):
    def round_trip(self, key: str, value: str) -> str:
        store.set(key, value)  # raises what the store says: the result's error
        return store.get(key)

    def reverse(self, points: list[Point]) -> list[Point]:
        return points[::-1]

    def area(self, of: Shape) -> float:
        if isinstance(of, Shape_Circle):
            return math.pi * of.value * of.value
        raise Err(f"no area of {of.value}" if isinstance(of, Shape_Named) else "nothing has no area")

    def both(self, a: Access, b: Access) -> Access:
        return a | b
