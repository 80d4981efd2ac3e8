"""What falls due with time alone: periods that end and fees that begin, used or not."""
