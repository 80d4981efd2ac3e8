"""What a record becomes: pure functions over plain values, only msgspec beside the library."""
