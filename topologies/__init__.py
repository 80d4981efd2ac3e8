"""Where a record goes: the workers, and the owner of a partition."""
