"""PIVOT: iterative visual prompting, generic over the action space."""
