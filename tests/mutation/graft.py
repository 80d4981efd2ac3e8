"""Put other code into functions that live already.

A price is compiled into closures long before it is asked, so importing a changed module would come
too late for some and cost a second each time. The functions themselves are given the other code.
"""

import gc
from collections import Counter
from collections.abc import Iterator
from types import CodeType, FunctionType

Key = tuple[str, int]
"""A function by its qualified name and first line."""
Grafts = list[tuple[FunctionType, CodeType]]


def codes_of(code: CodeType) -> dict[Key, CodeType]:
    """Every code of a module; those that share name and line are reached by what is around them."""
    codes = list(_below(code))
    shared = Counter(_key(each) for each in codes)
    return {_key(each): each for each in codes if shared[_key(each)] == 1}


def _below(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _below(constant)


def _key(code: CodeType) -> Key:
    return code.co_qualname, code.co_firstlineno


class Living:
    """The functions of some files that are alive now."""

    def __init__(self, filenames: frozenset[str]) -> None:
        self._functions: dict[tuple[str, Key], list[FunctionType]] = {}
        gc.unfreeze()  # a run of tests freezes what it has collected
        for each in gc.get_objects():
            if isinstance(each, FunctionType) and each.__code__.co_filename in filenames:
                place = each.__code__.co_filename, _key(each.__code__)
                self._functions.setdefault(place, []).append(each)

    def grafts(self, plain: dict[Key, CodeType], changed: CodeType) -> Grafts:
        """Which functions get which code; the others keep theirs."""
        made: Grafts = []
        for key, code in codes_of(changed).items():
            if plain.get(key) == code or key not in plain:
                continue
            assert plain[key].co_freevars == code.co_freevars, key
            made += [(each, code) for each in self._functions.get((code.co_filename, key), [])]
        return made
