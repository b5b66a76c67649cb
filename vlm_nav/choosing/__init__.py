"""Ask several times at once, agree, say how sure."""
