"""The online door of a charging worker: requests before and during service, over HTTP."""
