"""Filter: records that a platform's rules call not ours to charge are ignored, and counted."""
