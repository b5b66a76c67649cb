"""What a choice must survive before the robot moves."""
