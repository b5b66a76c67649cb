"""Stand-ins for other nodes, to be run where the real ones are not at hand."""
