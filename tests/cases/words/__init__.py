"""One file a group of fields: what each says in the words of a scenario and its catalog."""
