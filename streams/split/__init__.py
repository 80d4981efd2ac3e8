"""Split: one measured whole becomes the leaves that it is the sum of."""
