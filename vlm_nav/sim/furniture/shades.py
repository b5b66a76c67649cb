"""Colours that several drawings have in common."""

from __future__ import annotations

from vlm_nav.sim.furniture.sculpting import Shade

OAK: Shade = (0.70, 0.52, 0.33)
WALNUT: Shade = (0.42, 0.27, 0.16)
WHITE: Shade = (0.95, 0.95, 0.94)
CREAM: Shade = (0.90, 0.87, 0.80)
STEEL: Shade = (0.68, 0.70, 0.72)
DARK: Shade = (0.14, 0.14, 0.16)
GREEN: Shade = (0.16, 0.45, 0.18)
EARTH: Shade = (0.25, 0.17, 0.11)
CLAY: Shade = (0.72, 0.38, 0.25)
RED: Shade = (0.80, 0.10, 0.10)
YELLOW: Shade = (0.93, 0.76, 0.18)
FUR: Shade = (0.66, 0.44, 0.22)
