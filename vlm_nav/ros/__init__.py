"""The only room that knows ROS 2: adapters at the edge, thin nodes."""
