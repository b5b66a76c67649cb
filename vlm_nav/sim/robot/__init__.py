"""The simulated robot: its body, its arm and its sensors."""
