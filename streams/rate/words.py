"""What a word of `when` asks for: an attribute of the record, or something of whoever pays it.

`account.<name>` is the account's. Where the catalog declares attributes and segments,
`subscription.<name>`, `service.<name>` and `segment.<id>` are the payer's too; else such a name is
the record's, like any other.
"""

from collections.abc import Iterable, Mapping

from streams.model.attribute import ACCOUNT, held_key
from streams.model.usage import UsageRecord
from streams.rate.attributes import CompiledAttributes
from streams.rate.payer import Payer


def asked_word(word: str, record: UsageRecord, payer: Payer) -> str | None:
    """The value of a word; None where there is none."""
    key = held_key(word)
    if key is None:
        return record.attributes.get(word)
    found = payer.account.attributes.get(key)
    if found is None and not word.startswith(ACCOUNT):
        return record.attributes.get(word)
    return found


def words_told(when: Mapping[str, str], declared: CompiledAttributes | None) -> dict[str, str]:
    """Those of the words of `when` that a catalog declares of whoever pays: lines tell them."""
    return (
        {}
        if declared is None
        else {word: value for word, value in when.items() if declared.declares(word)}
    )


def held_words(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Those of the words that ask of whoever pays, each with its `held_key`."""
    keys = ((word, held_key(word)) for word in words)
    return tuple((word, key) for word, key in keys if key is not None)
