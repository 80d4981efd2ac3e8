"""Messages that cannot be charged as they are: one renderer for each way a source goes wrong."""

from collections.abc import Callable

_LLM = (
    b'{"specversion":"1.0","id":"%s","source":"/gateway/1","type":"llm.completion",'
    b'"subject":"%s","time":"%s","data":{"provider":"openai","model":"gpt-4o","status":200,'
    b'"usage":%s}}'
)
_CALL = b'{"record_type":"voice","call_id":"%s","caller":"%s","called":"+41441234567",'

Broken = Callable[[bytes, bytes, bytes], bytes]
"""(event id, subject, time) → the message's value."""


def truncated(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A JSON text that ends in the middle."""
    return (_LLM % (event_id, subject, time, b"{}"))[:-20]


def not_json(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """Bytes that are no text at all."""
    return b"\x00\xff\xfe" + event_id + b"\x80" + subject + time


def empty(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """No bytes."""
    del event_id, subject, time
    return b""


def unknown_source(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A CloudEvent of a type that no source platform names."""
    return (_LLM % (event_id, subject, time, b"{}")).replace(b"llm.completion", b"tea.brewed")


def usage_missing(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A completion without its token counts."""
    return _LLM % (event_id, subject, time, b"{}")


def tokens_as_words(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A token count that is a word."""
    return _LLM % (event_id, subject, time, b'{"prompt_tokens":"many","completion_tokens":1}')


def tokens_negative(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A token count below zero."""
    return _LLM % (event_id, subject, time, b'{"prompt_tokens":-5,"completion_tokens":1}')


def tokens_nan(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A token count that is NaN, which is no JSON though many writers emit it."""
    return _LLM % (event_id, subject, time, b'{"prompt_tokens":NaN,"completion_tokens":1}')


def tokens_huge(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A token count of forty digits."""
    usage = b'{"prompt_tokens":%s,"completion_tokens":1}' % (b"9" * 40)
    return _LLM % (event_id, subject, time, usage)


def child_above_parent(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """More cached tokens than prompt tokens."""
    usage = (
        b'{"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":11}}'
    )
    return _LLM % (event_id, subject, time, usage)


def time_unreadable(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A time that is a word."""
    del time
    usage = b'{"prompt_tokens":10,"completion_tokens":1}'
    return _LLM % (event_id, subject, b"yesterday", usage)


def time_too_old(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A time from before there was a tariff."""
    del time
    usage = b'{"prompt_tokens":10,"completion_tokens":1}'
    return _LLM % (event_id, subject, b"1970-01-01T00:00:00Z", usage)


def call_without_duration(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A call record without its duration."""
    return (_CALL % (event_id, subject)) + b'"started_at":"%s"}' % time


def call_negative(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A call that ended before it began."""
    return (_CALL % (event_id, subject)) + b'"started_at":"%s","duration_s":-1}' % time


def csv_short(event_id: bytes, subject: bytes, time: bytes) -> bytes:
    """A CSV line with a column too few."""
    return b"voice,%s,%s,+41441234567,%s" % (event_id, subject, time)


LLM_FAULTS: tuple[Broken, ...] = (
    truncated,
    not_json,
    empty,
    unknown_source,
    usage_missing,
    tokens_as_words,
    tokens_negative,
    tokens_nan,
    tokens_huge,
    child_above_parent,
    time_unreadable,
    time_too_old,
)
VOICE_FAULTS: tuple[Broken, ...] = (call_without_duration, call_negative, csv_short)
