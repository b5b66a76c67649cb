"""Furniture that stands on the floor, drawn from simple solids in shares of its box."""

from __future__ import annotations

from vlm_nav.sim.furniture.sculpting import ALL, PAINT, Sculptor, Shade
from vlm_nav.sim.furniture.shades import CREAM, DARK, OAK, STEEL, WALNUT, WHITE
from vlm_nav.sim.house.surface_pictures import book_backs, checks


def couch(s: Sculptor, variant: int) -> None:
    """A seat with cushions, a back and two arms."""
    s.box(ALL, ALL, (0.08, 0.36), PAINT)
    s.box((-0.5, -0.28), ALL, (0.36, 1.0), PAINT)
    for y in ((-0.5, -0.38), (0.38, 0.5)):
        s.box(ALL, y, (0.36, 0.68), PAINT)
    for y in ((-0.375, -0.005), (0.005, 0.375)):
        s.box((-0.27, 0.49), y, (0.365, 0.52), PAINT)
    s.legs(0.42, 0.45, 0.08, 0.06, DARK)


def chair(s: Sculptor, variant: int) -> None:
    """A painted seat and back on dark legs."""
    s.legs(0.40, 0.40, 0.48, 0.04, DARK)
    s.box((-0.46, 0.48), (-0.47, 0.47), (0.48, 0.55), PAINT)
    s.box((-0.48, -0.38), (-0.45, 0.45), (0.55, 1.0), PAINT)


def wooden_chair(s: Sculptor, variant: int) -> None:
    """A chair that is all of wood."""
    s.legs(0.40, 0.40, 0.50, 0.045, OAK)
    s.box((-0.46, 0.48), (-0.47, 0.47), (0.50, 0.55), OAK)
    for y in (-0.42, 0.36):
        s.box((-0.48, -0.40), (y, y + 0.06), (0.55, 1.0), OAK)
    for z in (0.68, 0.84):
        s.box((-0.47, -0.41), (-0.40, 0.40), (z, z + 0.1), OAK)


def stool(s: Sculptor, variant: int) -> None:
    """A round seat on four legs."""
    s.legs(0.30, 0.30, 0.94, 0.035, OAK)
    s.cylinder((0.0, 0.0), (0.93, 1.0), 0.5, OAK)
    for z in (0.35, 0.6):
        s.box((-0.32, -0.28), (-0.3, 0.3), (z, z + 0.03), OAK)
        s.box((0.28, 0.32), (-0.3, 0.3), (z, z + 0.03), OAK)


def bar_stool(s: Sculptor, variant: int) -> None:
    """A painted seat with a low back on a steel column."""
    s.cylinder((0.0, 0.0), (0.0, 0.04), 0.48, STEEL)
    s.cylinder((0.0, 0.0), (0.04, 0.78), 0.09, STEEL)
    s.cylinder((0.0, 0.0), (0.76, 0.84), 0.5, PAINT)
    s.box((-0.5, -0.38), (-0.4, 0.4), (0.8, 1.0), PAINT)


def table(s: Sculptor, variant: int) -> None:
    """A wooden top on four legs."""
    s.box(ALL, ALL, (0.94, 1.0), OAK)
    s.box((-0.42, 0.42), (-0.45, 0.45), (0.85, 0.94), OAK)
    s.legs(0.44, 0.465, 0.94, 0.06, OAK)


def low_table(s: Sculptor, variant: int) -> None:
    """A dark top on four legs, with a shelf."""
    s.box(ALL, ALL, (0.90, 1.0), WALNUT)
    s.box((-0.44, 0.44), (-0.46, 0.46), (0.30, 0.35), WALNUT)
    s.legs(0.44, 0.46, 0.90, 0.05, WALNUT)


def round_table(s: Sculptor, variant: int) -> None:
    """A round top on a column with a foot."""
    s.cylinder((0.0, 0.0), (0.94, 1.0), 0.5, OAK)
    s.cylinder((0.0, 0.0), (0.05, 0.94), 0.07, OAK)
    s.cylinder((0.0, 0.0), (0.0, 0.06), 0.25, OAK, top_radius=0.12)


def cloth_table(s: Sculptor, variant: int) -> None:
    """A table under a checkered cloth that hangs down."""
    red = (0.80, 0.10, 0.10)
    s.box((-0.48, 0.48), (-0.48, 0.48), (0.55, 0.99), (0.88, 0.45, 0.42))
    s.top(1.0, checks(red, 10))
    s.legs(0.42, 0.42, 0.6, 0.05, OAK)


def desk(s: Sculptor, variant: int) -> None:
    """A grey top on steel legs."""
    s.box(ALL, ALL, (0.95, 1.0), (0.62, 0.60, 0.57))
    s.box((-0.45, -0.42), (-0.45, 0.45), (0.45, 0.95), STEEL)
    s.legs(0.43, 0.46, 0.95, 0.06, STEEL)


def _fronts(s: Sculptor, rows: int, columns: int, front: Shade) -> None:
    """Add doors or drawers with handles to a cabinet's front."""
    for row in range(rows):
        for column in range(columns):
            y = (-0.49 + 0.98 * column / columns, -0.49 + 0.98 * (column + 1) / columns)
            z = (0.08 + 0.88 * row / rows, 0.08 + 0.88 * (row + 1) / rows)
            s.box((0.46, 0.49), (y[0] + 0.01, y[1] - 0.01), (z[0] + 0.01, z[1] - 0.01), front)
            middle = (y[0] + y[1]) / 2
            s.box((0.485, 0.5), (middle - 0.08, middle + 0.08), (z[1] - 0.1, z[1] - 0.07), DARK)


def cabinet(s: Sculptor, variant: int) -> None:
    """Two doors below a top."""
    s.box((-0.48, 0.40), (-0.48, 0.48), (0.0, 0.04), DARK)
    s.box((-0.5, 0.47), ALL, (0.04, 0.96), OAK)
    s.box((-0.5, 0.5), ALL, (0.96, 1.0), WALNUT)
    _fronts(s, 1, 2, WHITE)


def drawers(s: Sculptor, variant: int) -> None:
    """Three rows of painted drawers."""
    s.box((-0.5, 0.47), ALL, (0.04, 0.96), PAINT)
    s.box((-0.5, 0.5), ALL, (0.96, 1.0), OAK)
    s.legs(0.4, 0.45, 0.05, 0.05, DARK)
    _fronts(s, 3, 1, PAINT)


def bookshelf(s: Sculptor, variant: int) -> None:
    """A shelf full of books."""
    s.box((-0.5, -0.44), ALL, (0.0, 1.0), WALNUT)
    for y in ((-0.5, -0.46), (0.46, 0.5)):
        s.box(ALL, y, (0.0, 1.0), OAK)
    for z in (0.0, 0.2, 0.4, 0.6, 0.8, 0.98):
        s.box(ALL, ALL, (z, z + 0.02), OAK)
    s.front(0.3, (-0.46, 0.46), (0.0, 1.0), book_backs(variant, 5))


def wardrobe(s: Sculptor, variant: int) -> None:
    """A tall cabinet with three doors."""
    s.box((-0.5, 0.47), ALL, (0.0, 1.0), WALNUT)
    _fronts(s, 1, 3, CREAM)


def bed(s: Sculptor, variant: int) -> None:
    """A mattress with a painted blanket and pillows, its foot to the front."""
    s.box(ALL, ALL, (0.12, 0.3), WALNUT)
    s.box((-0.5, -0.46), ALL, (0.0, 1.0), WALNUT)
    s.legs(0.47, 0.46, 0.13, 0.08, WALNUT)
    s.box((-0.46, 0.49), (-0.48, 0.48), (0.3, 0.48), WHITE)
    s.box((-0.2, 0.495), (-0.49, 0.49), (0.34, 0.51), PAINT)
    for y in ((-0.42, -0.04), (0.04, 0.42)):
        s.box((-0.44, -0.24), y, (0.48, 0.56), WHITE)


def refrigerator(s: Sculptor, variant: int) -> None:
    """Two steel doors with handles."""
    s.box((-0.5, 0.42), ALL, (0.0, 1.0), (0.35, 0.36, 0.38))
    for z in ((0.02, 0.36), (0.375, 0.99)):
        s.box((0.42, 0.48), (-0.49, 0.49), z, STEEL)
        s.box((0.48, 0.5), (0.36, 0.41), (z[0] + 0.06, z[1] - 0.06), DARK)


def sink(s: Sculptor, variant: int) -> None:
    """A kitchen cabinet with a basin and a tap on it."""
    s.box((-0.5, 0.46), ALL, (0.0, 0.71), OAK)
    s.box((0.46, 0.49), (-0.48, 0.48), (0.08, 0.69), WHITE)
    s.box(ALL, ALL, (0.71, 0.735), (0.60, 0.60, 0.62))
    s.box((-0.3, 0.35), (-0.36, 0.36), (0.735, 0.74), (0.35, 0.36, 0.38))
    s.cylinder((-0.36, 0.0), (0.735, 0.99), 0.03, STEEL)
    s.box((-0.36, -0.05), (-0.025, 0.025), (0.96, 1.0), STEEL)


def oven(s: Sculptor, variant: int) -> None:
    """A white oven with a dark pane below knobs."""
    s.box((-0.5, 0.46), ALL, (0.0, 1.0), WHITE)
    s.box((0.46, 0.48), (-0.45, 0.45), (0.12, 0.78), STEEL)
    s.box((0.48, 0.49), (-0.34, 0.34), (0.25, 0.66), DARK)
    s.box((0.48, 0.5), (-0.4, 0.4), (0.71, 0.74), DARK)
    for y in (-0.3, -0.1, 0.1, 0.3):
        s.box((0.46, 0.5), (y - 0.035, y + 0.035), (0.85, 0.92), DARK)


def washing_machine(s: Sculptor, variant: int) -> None:
    """A white box with a round dark window."""
    s.box((-0.5, 0.46), ALL, (0.0, 1.0), WHITE)
    s.box((0.46, 0.48), (-0.45, 0.45), (0.84, 0.95), (0.75, 0.76, 0.78))
    s.ellipsoid((0.46, 0.0, 0.45), (0.03, 0.32, 0.27), STEEL)
    s.ellipsoid((0.47, 0.0, 0.45), (0.03, 0.24, 0.20), DARK)


def toilet(s: Sculptor, variant: int) -> None:
    """A bowl with a lid before a cistern."""
    s.box((-0.5, -0.2), (-0.5, 0.5), (0.5, 1.0), WHITE)
    s.box((-0.35, 0.15), (-0.28, 0.28), (0.0, 0.42), WHITE)
    s.ellipsoid((0.12, 0.0, 0.45), (0.38, 0.48, 0.1), WHITE)
    s.ellipsoid((0.12, 0.0, 0.53), (0.33, 0.40, 0.02), (0.80, 0.80, 0.80))


def basin(s: Sculptor, variant: int) -> None:
    """A washbasin on a foot, with a tap."""
    s.cylinder((-0.15, 0.0), (0.0, 0.8), 0.17, WHITE)
    s.box(ALL, ALL, (0.78, 0.9), WHITE)
    s.box((-0.25, 0.4), (-0.38, 0.38), (0.9, 0.905), (0.72, 0.76, 0.80))
    s.box((-0.4, -0.1), (-0.04, 0.04), (0.9, 1.0), STEEL)


def bathtub(s: Sculptor, variant: int) -> None:
    """A white tub with water in it and a tap."""
    for x in ((-0.5, -0.42), (0.42, 0.5)):
        s.box(x, ALL, (0.0, 1.0), WHITE)
    for y in ((-0.5, -0.45), (0.45, 0.5)):
        s.box((-0.42, 0.42), y, (0.0, 1.0), WHITE)
    s.box((-0.42, 0.42), (-0.45, 0.45), (0.0, 0.72), (0.60, 0.80, 0.92))
    s.box((-0.06, 0.06), (-0.47, -0.36), (1.0, 1.0), STEEL)
    s.cylinder((0.0, -0.47), (0.9, 1.0), 0.03, STEEL)


def piano(s: Sculptor, variant: int) -> None:
    """A grand piano: a black body on legs, keys at the front."""
    s.box((-0.5, 0.32), ALL, (0.5, 0.72), DARK)
    s.box((0.32, 0.5), ALL, (0.5, 0.6), DARK)
    s.box((0.34, 0.48), (-0.44, 0.44), (0.6, 0.62), WHITE)
    for number in range(14):
        y = -0.42 + 0.06 * number
        s.box((0.34, 0.42), (y, y + 0.025), (0.62, 0.635), DARK)
    s.box((-0.48, -0.44), ALL, (0.72, 1.0), DARK)
    s.legs(0.40, 0.42, 0.5, 0.1, DARK)


def pool_table(s: Sculptor, variant: int) -> None:
    """A green top between dark rims, with balls."""
    s.box(ALL, ALL, (0.70, 0.94), WALNUT)
    s.box((-0.44, 0.44), (-0.46, 0.46), (0.94, 0.955), (0.05, 0.45, 0.20))
    s.legs(0.40, 0.44, 0.70, 0.14, WALNUT)
    colors = ((0.8, 0.1, 0.1), (0.9, 0.8, 0.1), (0.1, 0.2, 0.7), (0.95, 0.95, 0.95))
    for number, color in enumerate(colors * 2):
        x, y = -0.25 + 0.08 * (number % 4), 0.1 + 0.06 * (number // 2)
        s.ellipsoid((x, y, 0.99), (0.02, 0.011, 0.034), color)


def radiator(s: Sculptor, variant: int) -> None:
    """White ribs between pipes, a valve at one end."""
    for number in range(12):
        y = -0.48 + number * 0.08
        s.box((-0.35, 0.4), (y, y + 0.055), (0.1, 1.0), WHITE)
    for z in (0.16, 0.88):
        s.box((-0.1, 0.15), (-0.48, 0.5), (z, z + 0.05), WHITE)
    s.legs(0.0, 0.42, 0.1, 0.03, STEEL)
    s.box((-0.2, 0.5), (0.46, 0.5), (0.84, 0.96), STEEL)


def whiteboard(s: Sculptor, variant: int) -> None:
    """A white board on a stand."""
    s.box((-0.03, 0.03), ALL, (0.38, 1.0), STEEL)
    s.box((0.03, 0.05), (-0.48, 0.48), (0.40, 0.98), WHITE)
    for y in (-0.45, 0.43):
        s.box((-0.03, 0.03), (y, y + 0.02), (0.0, 0.4), STEEL)
        s.box(ALL, (y, y + 0.02), (0.0, 0.03), STEEL)


def crib(s: Sculptor, variant: int) -> None:
    """A small bed between bars."""
    s.box((-0.46, 0.46), (-0.46, 0.46), (0.4, 0.5), (0.75, 0.85, 0.95))
    for number in range(8):
        x = -0.48 + number * 0.96 / 7
        for y in (-0.5, 0.46):
            s.box((x - 0.012, x + 0.012), (y, y + 0.04), (0.35, 1.0), WHITE)
    for edge in ((-0.5, -0.46), (0.46, 0.5)):
        s.box(ALL, edge, (0.95, 1.0), WHITE)
        s.box(edge, ALL, (0.35, 1.0), WHITE)
    s.legs(0.46, 0.45, 0.4, 0.04, WHITE)
