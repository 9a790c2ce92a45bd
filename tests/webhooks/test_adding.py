"""New deliveries as rows: numbered in order, each key once, as any database holds them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.deliveries import Delivery, Label
from saccade_webhooks.adding import New, add
from saccade_webhooks.receiving import MOST_NAMED, clean, tidy
from webhooks.conftest import Post


def new(key: str, tenant: str = "lab") -> New:
    return New("posting", tenant, Label(key, "t"), Delivery({"a": "b"}, None, b"{}"), 1.0)


async def test_those_that_are_there_already_have_no_number(post: Post, url: str) -> None:
    """In one transaction and in others, on this connection and on one that is new."""

    async def added(where: Post, *keys: str) -> list[bool]:
        made = [new(key) for key in keys]
        numbers = await where.inbox._writer.do(lambda c: add(c, made))
        return [number is not None for number in numbers]

    assert await added(post, "a", "b", "a", "c") == [True, True, False, True]
    assert await added(post, "b", "d", "a", "e", "d") == [False, True, False, True, False]
    assert await added(post, "a", "b") == [False, False]
    other = Post(url)
    assert await added(other, "a", "e") == [False, False]
    assert await added(other, "e", "f") == [False, True]
    await other.inbox.close()


async def test_numbers_are_those_of_the_rows(post: Post) -> None:
    numbers = await asyncio.gather(*(post.inbox.add(new(f"k{n}")) for n in range(50)))
    rows = await post.inbox._read(
        lambda c: c.exec_driver_sql("SELECT key, sequence FROM webhook_deliveries").fetchall()
    )
    assert {row[0]: row[1] for row in rows} == {f"k{n}": one for n, one in enumerate(numbers)}


@given(st.text(), st.text(), st.none() | st.text(), st.none() | st.floats())
def test_any_label_can_be_kept(
    key: str, topic: str, resource: str | None, version: float | None
) -> None:
    label = tidy(Label(key, topic, resource, version))
    for text in (label.key, label.topic, label.resource or ""):
        assert "\0" not in text
        assert len(text) <= MOST_NAMED
        text.encode()
    assert (label.resource is None) == (resource is None)


@pytest.mark.parametrize("text", ["a\0b", "\udc80", "ordinary", "żółw"])
def test_what_is_cleaned_can_be_encoded(text: str) -> None:
    assert "\0" not in clean(text)
    clean(text).encode()


def test_two_long_keys_stay_two() -> None:
    one, other = (tidy(Label("k" * 300 + end, "t")).key for end in "ab")
    assert one != other
