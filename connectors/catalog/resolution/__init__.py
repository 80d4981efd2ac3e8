"""From the words of a section to the model, one file a subject."""
