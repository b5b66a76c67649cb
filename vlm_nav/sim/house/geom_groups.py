"""The groups of geoms in a house's model, as MuJoCo's options for drawing and rays take them."""

SEEN, CEILING, COLLIDERS = 1, 2, 3
"""What is seen collides with nothing, and what collides is invisible."""
