"""Recordings (rosbag2) read without ROS."""
