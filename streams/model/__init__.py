"""The nouns of the trade, as immutable values. No behaviour beyond arithmetic on themselves."""
