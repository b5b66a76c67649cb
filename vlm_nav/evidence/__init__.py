"""What goes into a question besides the picture: facts in words, further pictures."""
