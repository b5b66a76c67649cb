"""The person beside the robot is the one of the end-to-end tests, domain and all."""

from end_to_end.conftest import human_node

__all__ = ['human_node']
