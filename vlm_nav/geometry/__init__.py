"""Numbers only: cameras, poses, depth and planes; no pictures for people, no models, no ROS."""
