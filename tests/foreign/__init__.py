"""Programs that know nothing of the engine send usage to it and read what comes out."""
