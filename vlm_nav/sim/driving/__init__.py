"""Maps, ways and driving in the simulator, as Nav2 would do it."""
