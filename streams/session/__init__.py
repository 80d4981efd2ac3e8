"""Online charging: what is granted before and during service, set aside, and settled after it."""
