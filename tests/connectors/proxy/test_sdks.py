"""Unmodified SDKs through the proxy: what they see, and what they are charged.

A token is four bytes and costs 0.01, so that what is estimated and what is counted agree.
"""

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.connectors.proxy.conftest import KEY, SLICE, Proxied
from tests.connectors.proxy.provider import CACHED, REASONING, Told
from tests.infra.waiting import until

TOKEN = Decimal("0.01")
ENDLESS = str(10**6)


def by_openai(proxied: Proxied, key: str = KEY) -> Any:
    made = openai.OpenAI(api_key=key, base_url=f"{proxied.address}/v1", max_retries=0)
    proxied.clients.append(made)
    return made


def by_anthropic(proxied: Proxied, key: str = KEY) -> Any:
    made = anthropic.Anthropic(api_key=key, base_url=proxied.address, max_retries=0)
    proxied.clients.append(made)
    return made


def said(words: str | int) -> list[Any]:
    return [{"role": "user", "content": str(words)}]


def settled(proxied: Proxied, count: int = 1) -> None:
    until(lambda: proxied.shop.verbs["confirm"] >= count, within_s=20)
    assert proxied.shop.held("ada") == 0


# What one stream gives: the words that came, and how it ended.


def chat(proxied: Proxied, words: str | int) -> tuple[int, str]:
    came, end = 0, ""
    with by_openai(proxied).chat.completions.create(
        model="m", messages=said(words), stream=True
    ) as stream:
        for chunk in stream:
            assert len(chunk.choices) == 1  # the usage block was not asked for
            came += bool(chunk.choices[0].delta.content)
            end = chunk.choices[0].finish_reason or end
    return came, end


def response(proxied: Proxied, words: str | int) -> tuple[int, str]:
    came, end = 0, ""
    for event in by_openai(proxied).responses.create(model="m", input=str(words), stream=True):
        came += event.type == "response.output_text.delta"
        if event.type in ("response.completed", "response.incomplete"):
            details = event.response.incomplete_details
            end = details.reason if details else event.response.status
            assert len(event.response.output_text) == 4 * came
    return came, end


def message(proxied: Proxied, words: str | int) -> tuple[int, str]:
    with by_anthropic(proxied).messages.stream(
        model="m", messages=said(words), max_tokens=10**9
    ) as stream:
        came = sum(1 for _ in stream.text_stream)
        whole = stream.get_final_message()
    assert whole.usage.output_tokens == came
    assert len(whole.content[0].text) == 4 * came
    return came, whole.stop_reason


STREAMS: dict[str, tuple[Callable[[Proxied, str | int], tuple[int, str]], str, str]] = {
    "chat": (chat, "stop", "length"),
    "responses": (response, "completed", "max_output_tokens"),
    "messages": (message, "end_turn", "max_tokens"),
}


KEY_HEADERS = {
    "chat": ("authorization", "Bearer provider-key"),
    "responses": ("authorization", "Bearer provider-key"),
    "messages": ("x-api-key", "provider-key"),
}


@pytest.mark.parametrize("api", STREAMS)
def test_a_stream_is_charged_by_its_usage_block(proxied: Proxied, api: str) -> None:
    proxied.shop.account("ada", Decimal(10))
    stream, whole, _ = STREAMS[api]
    assert stream(proxied, 130) == (130, whole)
    settled(proxied)
    (told,) = proxied.provider.requests
    reasoning = 0 if api == "messages" else REASONING
    assert proxied.shop.used("output_tokens") == told.written - reasoning
    assert proxied.shop.used("reasoning_output_tokens") == reasoning
    assert proxied.shop.used("input_tokens") == told.prompt - CACHED
    assert proxied.shop.used("cache_read_input_tokens") == CACHED
    assert proxied.shop.left("ada") == 10 - 130 * TOKEN
    name, key = KEY_HEADERS[api]
    assert (told.headers.get(name), len({"authorization", "x-api-key"} & {*told.headers})) == (
        key,
        1,
    )
    assert proxied.shop.verbs["extend"] >= 1


@pytest.mark.parametrize("api", STREAMS)
def test_a_stream_ends_well_where_the_budget_does(proxied: Proxied, api: str) -> None:
    proxied.shop.account("ada", 120 * TOKEN)
    stream, _, cut = STREAMS[api]
    assert stream(proxied, ENDLESS) == (120, cut)
    settled(proxied)
    assert (proxied.shop.left("ada"), proxied.shop.used("output_tokens")) == (0, 120)
    until(lambda: not proxied.provider.requests[0].is_whole, within_s=5)
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as refused:
        stream(proxied, 5)
    assert refused.value.status_code == 402
    assert len(proxied.provider.requests) == 1


def test_the_usage_block_is_passed_on_where_it_is_asked_for(proxied: Proxied) -> None:
    proxied.shop.account("ada", 60 * TOKEN)
    for words, counted in ((10, 10), (ENDLESS, 50)):
        *_, last = by_openai(proxied).chat.completions.create(
            model="m",
            messages=said(words),
            stream=True,
            stream_options={"include_usage": True},
        )
        assert (last.choices, last.usage.completion_tokens) == ([], counted)
        until(lambda: proxied.shop.held("ada") == 0, within_s=10)


@pytest.mark.parametrize("api", ["chat", "messages"])
def test_whoever_leaves_is_charged_for_what_was_sent(proxied: Proxied, api: str) -> None:
    proxied.shop.account("ada", Decimal(100))
    proxied.provider.pause_s = 0.005
    if api == "chat":
        stream = by_openai(proxied).chat.completions.create(
            model="m", messages=said(ENDLESS), stream=True
        )
    else:
        stream = by_anthropic(proxied).messages.create(
            model="m", messages=said(ENDLESS), max_tokens=10**6, stream=True
        )
    came = 0
    for _ in stream:
        came += 1
        if came == 100:
            break
    stream.close()
    settled(proxied)
    told = proxied.provider.requests[0]
    used = proxied.shop.used("output_tokens")
    assert came - 5 <= used <= told.written
    assert proxied.shop.left("ada") == 100 - used * TOKEN
    until(lambda: written_meanwhile(told) == 0, within_s=10)  # the provider was told to stop, too
    assert not told.is_whole


def written_meanwhile(told: Told) -> int:
    written = told.written
    time.sleep(0.2)
    return told.written - written


@pytest.mark.parametrize("api", STREAMS)
def test_a_stream_ends_when_its_session_is_told_to(proxied: Proxied, api: str) -> None:
    proxied.shop.account("ada", Decimal(10_000))
    proxied.provider.pause_s = 0.005
    ends: list[tuple[int, str]] = []
    stream, _, cut = STREAMS[api]
    streaming = threading.Thread(target=lambda: ends.append(stream(proxied, ENDLESS)))
    streaming.start()
    until(lambda: proxied.shop.verbs["extend"] >= 1, within_s=20)
    proxied.shop.signal("ada", "reauthorise")
    asked = proxied.shop.verbs["extend"]
    until(lambda: proxied.shop.verbs["extend"] > asked, within_s=20)
    assert streaming.is_alive()
    proxied.shop.signal("ada", "terminate", reason="fraud")
    streaming.join(20)
    settled(proxied)
    ((came, end),) = ends
    assert (end, proxied.shop.used("output_tokens")) == (cut, came)


def test_an_answer_that_is_no_stream_is_bounded_by_what_is_held(proxied: Proxied) -> None:
    proxied.shop.account("ada", 120 * TOKEN)
    done = by_openai(proxied).chat.completions.create(model="m", messages=said(20), max_tokens=50)
    assert (done.usage.completion_tokens, done.choices[0].finish_reason) == (20, "stop")
    cut = by_anthropic(proxied).messages.create(
        model="m", messages=said(ENDLESS), max_tokens=10_000
    )
    assert cut.usage.output_tokens == 100
    assert proxied.provider.requests[-1].body["max_tokens"] == 100
    settled(proxied, 2)
    assert (proxied.shop.left("ada"), proxied.shop.verbs["confirm"]) == (0, 2)
    with pytest.raises(openai.APIStatusError) as none:
        by_openai(proxied).responses.create(model="m", input="5")
    assert (none.value.status_code, none.value.code) == (402, "insufficient_quota")


def test_policies_choose_the_model_and_bound_what_it_writes(proxied: Proxied) -> None:
    proxied.shop.account("ada", Decimal(10))
    asking = by_openai(proxied).chat.completions
    done = asking.create(model="large", messages=said(5))
    assert done.model == proxied.provider.requests[0].body["model"] == "small"
    ends = [
        chunk.choices[0].finish_reason
        for chunk in asking.create(model="large", messages=said(ENDLESS), stream=True)
    ]
    assert ends[-1] == "length"
    settled(proxied, 2)
    assert proxied.shop.used("output_tokens") == 5 - REASONING + 70
    asking.create(model="m", messages=said(5), extra_headers={"x-depth": "5"})
    with pytest.raises(openai.PermissionDeniedError) as stopped:
        asking.create(model="m", messages=said(5), extra_headers={"x-depth": "6"})
    assert stopped.value.code == "stopped_by_policy"
    assert len(proxied.provider.requests) == 3


def test_what_the_provider_refuses_costs_nothing(proxied: Proxied) -> None:
    proxied.shop.account("ada", Decimal(10))
    proxied.provider.fails = 400
    with pytest.raises(openai.BadRequestError):
        chat(proxied, 5)
    settled(proxied)
    assert proxied.shop.left("ada") == 10


def test_who_is_not_known_is_told_so_in_the_words_of_each_api(proxied: Proxied) -> None:
    with pytest.raises(openai.AuthenticationError):
        by_openai(proxied, "sk-eve").chat.completions.create(model="m", messages=said(1))
    with pytest.raises(anthropic.AuthenticationError):
        by_anthropic(proxied, "sk-eve").messages.create(model="m", messages=said(1), max_tokens=5)
    broken = httpx.post(
        f"{proxied.address}/v1/chat/completions",
        content=b"[",
        headers={"authorization": f"Bearer {KEY}"},
    )
    assert broken.status_code == 400
    assert not proxied.provider.requests


def test_without_charging_a_stream_goes_on_for_what_the_rule_allows(proxied: Proxied) -> None:
    proxied.shop.account("ada", Decimal(10))
    proxied.shop.is_away = True
    assert chat(proxied, ENDLESS) == (30, "length")
    assert proxied.shop.used("output_tokens") == 0
    proxied.shop.is_away = False
    until(lambda: proxied.shop.verbs["reserve"] > 0, within_s=10)
    proxied.shop.pass_time(10)
    assert proxied.shop.used("output_tokens") == 30


def run_streams(proxied: Proxied, count: int) -> None:
    """So many streams at once, all of one budget."""
    budget = count * SLICE * 2
    proxied.shop.account("ada", budget * TOKEN)
    ends: list[tuple[int, str]] = []
    failed: list[int] = []

    def one(number: int) -> None:
        api = [*STREAMS][number % len(STREAMS)]
        stream, _, cut = STREAMS[api]
        try:
            came, end = stream(proxied, ENDLESS)
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            failed.append(error.status_code)
            return
        assert end == cut
        ends.append((came, end))

    threads = [threading.Thread(target=one, args=(each,)) for each in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settled(proxied, len(ends))
    assert len(ends) + len(failed) == count
    assert set(failed) <= {402}
    came = sum(each for each, _ in ends)
    assert came == proxied.shop.used("output_tokens")
    assert budget - count * SLICE < came <= budget
    assert proxied.shop.left("ada") == (budget - came) * TOKEN


def test_streams_of_one_budget_never_go_beyond_it(proxied: Proxied) -> None:
    run_streams(proxied, 9)


@pytest.mark.soak
def test_a_hundred_streams_of_one_budget(proxied: Proxied) -> None:
    run_streams(proxied, 100)
