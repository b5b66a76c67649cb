"""Smaller things, drawn from simple solids."""

from __future__ import annotations

import math

from vlm_nav.sim.furniture.sculpting import ALL, PAINT, Sculptor
from vlm_nav.sim.furniture.shades import (
    CLAY,
    CREAM,
    DARK,
    EARTH,
    FUR,
    GREEN,
    OAK,
    RED,
    STEEL,
    WALNUT,
    WHITE,
    YELLOW,
)


def lamp(s: Sculptor, variant: int) -> None:
    """A floor lamp: a foot, a pole and a light shade."""
    s.cylinder((0.0, 0.0), (0.0, 0.03), 0.4, DARK)
    s.cylinder((0.0, 0.0), (0.03, 0.8), 0.035, DARK)
    s.cylinder((0.0, 0.0), (0.76, 1.0), 0.5, (1.0, 0.93, 0.72), top_radius=0.3)


def table_lamp(s: Sculptor, variant: int) -> None:
    """A lamp with a wide shade on a short foot."""
    s.cylinder((0.0, 0.0), (0.0, 0.08), 0.35, YELLOW)
    s.cylinder((0.0, 0.0), (0.08, 0.6), 0.08, YELLOW)
    s.cylinder((0.0, 0.0), (0.55, 1.0), 0.5, WHITE, top_radius=0.28)


def plant(s: Sculptor, variant: int) -> None:
    """A tall plant with many leaves in a pot."""
    s.cylinder((0.0, 0.0), (0.0, 0.27), 0.22, CLAY, top_radius=0.3)
    s.cylinder((0.0, 0.0), (0.27, 0.275), 0.27, EARTH)
    s.cylinder((0.0, 0.0), (0.27, 0.75), 0.03, WALNUT)
    for number in range(34):
        rise = number / 33
        turn, reach = 2.4 * number, 0.36 * math.sin(math.pi * (0.25 + 0.7 * rise))
        tone = 0.75 + 0.5 * ((number * 7) % 5) / 4
        middle = (reach * math.cos(turn), reach * math.sin(turn), 0.42 + 0.52 * rise)
        green = (0.13 * tone, 0.46 * tone, 0.15 * tone)
        s.ellipsoid(middle, (0.13, 0.13, 0.045), green, sides=8, rings=5)


def small_plant(s: Sculptor, variant: int) -> None:
    """A few leaves in a clay pot."""
    s.cylinder((0.0, 0.0), (0.0, 0.45), 0.26, CLAY, top_radius=0.38)
    s.cylinder((0.0, 0.0), (0.44, 0.46), 0.34, EARTH)
    for number in range(12):
        turn, out = 2.4 * number, 0.1 + 0.025 * number
        middle = (out * math.cos(turn), out * math.sin(turn), 0.88 - 0.03 * number)
        s.ellipsoid(middle, (0.12, 0.12, 0.12), GREEN)


def barrel(s: Sculptor, variant: int) -> None:
    """A wooden barrel with iron hoops."""
    s.cylinder((0.0, 0.0), (0.0, 0.5), 0.42, WALNUT, top_radius=0.5)
    s.cylinder((0.0, 0.0), (0.5, 1.0), 0.5, WALNUT, top_radius=0.42)
    for z in (0.1, 0.3, 0.65, 0.85):
        s.cylinder((0.0, 0.0), (z, z + 0.05), 0.495, DARK)


def crate(s: Sculptor, variant: int) -> None:
    """A crate of boards."""
    s.box((-0.47, 0.47), (-0.47, 0.47), (0.02, 0.98), OAK)
    for x in ((-0.5, -0.38), (0.38, 0.5)):
        for y in ((-0.5, -0.38), (0.38, 0.5)):
            s.box(x, y, (0.0, 1.0), WALNUT)
    for z in ((0.0, 0.12), (0.88, 1.0)):
        for edge in ((-0.5, -0.38), (0.38, 0.5)):
            s.box(edge, ALL, z, WALNUT)
            s.box(ALL, edge, z, WALNUT)


def open_box(s: Sculptor, variant: int) -> None:
    """A painted box without a lid."""
    s.box((-0.46, 0.46), (-0.46, 0.46), (0.0, 0.1), PAINT)
    for edge in ((-0.5, -0.45), (0.45, 0.5)):
        s.box(edge, ALL, (0.0, 1.0), PAINT)
        s.box((-0.45, 0.45), edge, (0.0, 1.0), PAINT)


def fire_extinguisher(s: Sculptor, variant: int) -> None:
    """A red cylinder with a black valve and hose."""
    s.cylinder((0.0, 0.0), (0.0, 0.78), 0.4, RED)
    s.ellipsoid((0.0, 0.0, 0.78), (0.4, 0.4, 0.09), RED)
    s.box((-0.1, 0.1), (-0.15, 0.3), (0.86, 1.0), DARK)
    s.cylinder((0.0, 0.42), (0.3, 0.9), 0.07, DARK)
    s.box((0.38, 0.42), (-0.2, 0.2), (0.35, 0.6), WHITE)


def guitar(s: Sculptor, variant: int) -> None:
    """A guitar that leans on its stand."""
    color = (0.55, 0.10, 0.40)
    s.ellipsoid((0.0, 0.0, 0.2), (0.12, 0.5, 0.19), color)
    s.ellipsoid((0.0, 0.0, 0.4), (0.12, 0.36, 0.13), color)
    s.box((-0.08, 0.08), (-0.06, 0.06), (0.4, 0.9), WALNUT)
    s.box((-0.08, 0.08), (-0.12, 0.12), (0.9, 1.0), DARK)
    s.box((-0.4, 0.3), (-0.3, 0.3), (0.0, 0.03), DARK)


def waste_bin(s: Sculptor, variant: int) -> None:
    """A painted bin, open at its top."""
    s.cylinder((0.0, 0.0), (0.0, 0.97), 0.38, PAINT, top_radius=0.5)
    s.cylinder((0.0, 0.0), (0.97, 1.0), 0.5, DARK)


def rocking_horse(s: Sculptor, variant: int) -> None:
    """A wooden horse on rockers."""
    s.ellipsoid((0.0, 0.0, 0.52), (0.22, 0.3, 0.14), YELLOW)
    s.box((-0.1, 0.1), (0.22, 0.34), (0.55, 0.95), YELLOW)
    s.box((-0.1, 0.1), (0.28, 0.5), (0.82, 1.0), YELLOW)
    for x in (-0.35, 0.25):
        s.box((x, x + 0.1), ALL, (0.0, 0.1), RED)
    s.legs(0.28, 0.22, 0.5, 0.04, OAK)


def ball(s: Sculptor, variant: int) -> None:
    """An orange ball."""
    s.ellipsoid((0.0, 0.0, 0.5), (0.5, 0.5, 0.5), (0.88, 0.42, 0.12))


def bear(s: Sculptor, variant: int) -> None:
    """A sitting teddy bear."""
    s.ellipsoid((-0.1, 0.0, 0.32), (0.38, 0.3, 0.32), FUR)
    s.ellipsoid((-0.05, 0.0, 0.74), (0.32, 0.26, 0.22), FUR)
    s.ellipsoid((0.25, 0.0, 0.7), (0.14, 0.12, 0.09), CREAM)
    for side in (-1.0, 1.0):
        s.ellipsoid((-0.1, side * 0.22, 0.93), (0.12, 0.1, 0.08), FUR)
        s.ellipsoid((0.3, side * 0.26, 0.13), (0.2, 0.16, 0.13), FUR)
        s.ellipsoid((0.05, side * 0.36, 0.42), (0.18, 0.14, 0.14), FUR)
        s.ellipsoid((0.26, side * 0.1, 0.8), (0.04, 0.04, 0.03), DARK)


def boots(s: Sculptor, variant: int) -> None:
    """A pair of boots."""
    for y in ((-0.46, -0.06), (0.06, 0.46)):
        s.box((-0.5, -0.05), y, (0.0, 1.0), WALNUT)
        s.box((-0.05, 0.5), y, (0.0, 0.45), WALNUT)


def umbrella(s: Sculptor, variant: int) -> None:
    """A closed blue umbrella."""
    s.cylinder((0.0, 0.0), (0.0, 0.15), 0.03, STEEL)
    s.cylinder((0.0, 0.0), (0.1, 0.72), 0.1, (0.15, 0.32, 0.72), top_radius=0.42)
    s.cylinder((0.0, 0.0), (0.72, 1.0), 0.06, DARK)
    s.box((-0.06, 0.35), (-0.08, 0.08), (0.95, 1.0), DARK)


def television(s: Sculptor, variant: int) -> None:
    """A dark screen in a frame on a foot."""
    s.box((-0.2, 0.2), ALL, (0.1, 1.0), (0.25, 0.25, 0.27))
    s.box((0.2, 0.24), (-0.48, 0.48), (0.14, 0.97), (0.05, 0.06, 0.09))
    s.box((-0.08, 0.08), (-0.06, 0.06), (0.0, 0.1), DARK)
    s.box(ALL, (-0.25, 0.25), (0.0, 0.03), DARK)


def carton(s: Sculptor, variant: int) -> None:
    """A carton of milk with a blue cap."""
    s.box(ALL, ALL, (0.0, 0.75), WHITE)
    s.box(ALL, ALL, (0.3, 0.45), (0.20, 0.45, 0.80))
    s.box((-0.5, 0.5), (-0.25, 0.25), (0.75, 0.95), WHITE)
    s.cylinder((0.2, 0.0), (0.9, 1.0), 0.2, (0.20, 0.45, 0.80))


def bread(s: Sculptor, variant: int) -> None:
    """A loaf."""
    s.ellipsoid((0.0, 0.0, 0.5), (0.5, 0.5, 0.5), (0.72, 0.46, 0.22))


def cup(s: Sculptor, variant: int) -> None:
    """A painted cup, or a white one with coffee."""
    s.cylinder((0.0, 0.0), (0.0, 0.97), 0.32, PAINT, top_radius=0.45)
    s.cylinder((0.0, 0.0), (0.97, 1.0), 0.4, EARTH)


def bottle(s: Sculptor, variant: int) -> None:
    """A white bottle with a blue cap."""
    s.cylinder((0.0, 0.0), (0.0, 0.65), 0.5, WHITE)
    s.cylinder((0.0, 0.0), (0.65, 0.85), 0.5, WHITE, top_radius=0.25)
    s.cylinder((0.0, 0.0), (0.85, 1.0), 0.27, (0.10, 0.25, 0.65))


def mixer(s: Sculptor, variant: int) -> None:
    """A yellow mixer over a steel bowl."""
    s.box((-0.5, 0.5), (-0.4, 0.4), (0.0, 0.1), YELLOW)
    s.box((-0.5, -0.25), (-0.3, 0.3), (0.1, 0.9), YELLOW)
    s.box((-0.5, 0.45), (-0.35, 0.35), (0.72, 1.0), YELLOW)
    s.cylinder((0.18, 0.0), (0.1, 0.5), 0.2, STEEL, top_radius=0.32)


def coffee_machine(s: Sculptor, variant: int) -> None:
    """A red and black machine with room for a cup."""
    s.box((-0.5, 0.1), ALL, (0.0, 1.0), RED)
    s.box((0.1, 0.5), ALL, (0.7, 1.0), DARK)
    s.box((0.1, 0.5), ALL, (0.0, 0.12), DARK)


def fan(s: Sculptor, variant: int) -> None:
    """A fan: blue blades in a white ring on a foot."""
    s.box((-0.4, 0.4), (-0.35, 0.35), (0.0, 0.08), WHITE)
    s.box((-0.12, 0.12), (-0.06, 0.06), (0.08, 0.4), WHITE)
    s.ellipsoid((0.0, 0.0, 0.66), (0.2, 0.5, 0.34), WHITE)
    s.ellipsoid((0.1, 0.0, 0.66), (0.2, 0.38, 0.26), (0.10, 0.20, 0.70))


def bowl(s: Sculptor, variant: int) -> None:
    """A painted bowl."""
    s.cylinder((0.0, 0.0), (0.0, 0.97), 0.22, PAINT, top_radius=0.5)
    s.cylinder((0.0, 0.0), (0.9, 1.0), 0.42, CREAM)


def vase(s: Sculptor, variant: int) -> None:
    """A painted vase with flowers."""
    s.ellipsoid((0.0, 0.0, 0.24), (0.42, 0.42, 0.24), PAINT)
    s.cylinder((0.0, 0.0), (0.4, 0.58), 0.18, PAINT, top_radius=0.26)
    for number in range(5):
        turn = number * 2 * math.pi / 5
        x, y = 0.24 * math.cos(turn), 0.24 * math.sin(turn)
        s.cylinder((x / 2, y / 2), (0.56, 0.82), 0.025, GREEN)
        s.ellipsoid((x, y, 0.86), (0.16, 0.16, 0.09), YELLOW if number % 2 else WHITE)


def books(s: Sculptor, variant: int) -> None:
    """Four books upon each other."""
    colors = (RED, (0.15, 0.35, 0.65), YELLOW, (0.20, 0.50, 0.30))
    for number, color in enumerate(colors):
        inset = 0.05 * (number % 3)
        x, y = (-0.5 + inset, 0.5 - inset), (-0.5 + inset / 2, 0.5 - inset)
        s.box(x, y, (0.25 * number, 0.25 * number + 0.24), color)


def bag(s: Sculptor, variant: int) -> None:
    """A bag with a handle."""
    s.box((-0.5, 0.5), ALL, (0.0, 0.7), (0.20, 0.20, 0.22))
    s.box((0.45, 0.5), (-0.1, 0.1), (0.35, 0.5), YELLOW)
    for y in (-0.25, 0.2):
        s.box((-0.1, 0.1), (y, y + 0.05), (0.7, 1.0), (0.20, 0.20, 0.22))
    s.box((-0.1, 0.1), (-0.25, 0.25), (0.93, 1.0), (0.20, 0.20, 0.22))


def handbag(s: Sculptor, variant: int) -> None:
    """A light bag with a handle."""
    s.box((-0.5, 0.5), ALL, (0.0, 0.7), (0.80, 0.70, 0.58))
    s.box((0.46, 0.5), (-0.1, 0.1), (0.35, 0.5), YELLOW)
    for y in (-0.25, 0.2):
        s.box((-0.1, 0.1), (y, y + 0.05), (0.7, 1.0), OAK)
    s.box((-0.1, 0.1), (-0.25, 0.25), (0.93, 1.0), OAK)


def lantern(s: Sculptor, variant: int) -> None:
    """A paper lantern between dark rims."""
    s.cylinder((0.0, 0.0), (0.06, 0.94), 0.46, (0.98, 0.90, 0.62))
    for z in ((0.0, 0.07), (0.93, 1.0)):
        s.cylinder((0.0, 0.0), z, 0.5, DARK)


def toy_plane(s: Sculptor, variant: int) -> None:
    """A toy plane with two wings above each other."""
    s.ellipsoid((0.0, 0.0, 0.5), (0.5, 0.12, 0.28), RED)
    for y in (-0.12, 0.06):
        s.box((0.1, 0.25), (y, y + 0.06), (0.0, 0.35), DARK)
    for z in (0.35, 0.9):
        s.box((0.0, 0.3), ALL, (z, z + 0.08), YELLOW)
    s.box((-0.5, -0.36), (-0.2, 0.2), (0.55, 0.62), YELLOW)
