"""Products asked for anew: what deliveries want of one tenant's platform is asked together.

An import of stock is a delivery a product. Those that come while as many questions as may be are
under way are one question, once one of these is answered.
"""

import asyncio
from collections.abc import Container, Sequence
from contextlib import suppress
from functools import partial

from saccade.deliveries import CatalogPage
from saccade.ports import Adapter

MOST_FETCHED = 250
"""Products asked for at once, as many as platforms name in one delivery."""

MOST_TOGETHER = 50
"""Products that several deliveries want, asked for at once: some platforms are asked for one after
the other, and an attempt has half a minute."""

ASKED_AT_ONCE = 8
"""Questions to one tenant's platform."""

Wanted = Sequence[str]


class _Question:
    """What is wanted together, until its turn comes."""

    def __init__(self, first: Wanted) -> None:
        self.wanted = dict.fromkeys(first)
        self.askers = 1


class Asking:
    """Of one tenant."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(ASKED_AT_ONCE)
        self._next: _Question | None = None
        self._answers: dict[_Question, asyncio.Task[list[CatalogPage]]] = {}

    async def fetched(self, adapter: Adapter, wanted: Wanted) -> list[CatalogPage]:
        """What the platform says of them now; those it no longer has are gone.

        Others' products are among them only where no product is wanted by its own name, as by what
        it is stocked as: what one delivery tells late must not undo another's. A question of
        several that fails is asked by each for itself, for what one wants may be why. Raises
        whatever the platform's side raises.
        """
        question = self._next
        if question is None or len(question.wanted) + len(wanted) > MOST_TOGETHER:
            question = self._asked_next(adapter, wanted)
        else:
            question.wanted.update(dict.fromkeys(wanted))
            question.askers += 1
        try:
            pages = await asyncio.shield(self._answers[question])
            return [_of(wanted, question.wanted, page) for page in pages]
        except Exception:
            if question.askers == 1:
                raise
        async with self._places:
            return await _fetched(adapter, wanted)

    def _asked_next(self, adapter: Adapter, wanted: Wanted) -> _Question:
        question = self._next = _Question(wanted)
        answer = asyncio.create_task(self._answer(question, adapter))
        self._answers[question] = answer
        answer.add_done_callback(partial(self._answered, question))
        return question

    async def _answer(self, question: _Question, adapter: Adapter) -> list[CatalogPage]:
        async with self._places:
            if self._next is question:
                self._next = None
            return await _fetched(adapter, list(question.wanted))

    def _answered(self, question: _Question, answer: "asyncio.Task[list[CatalogPage]]") -> None:
        del self._answers[question]
        with suppress(asyncio.CancelledError):
            answer.exception()  # those who asked were told, if they are still there


def _of(mine: Wanted, together: Container[str], page: CatalogPage) -> CatalogPage:
    """What one asker is told."""
    found = tuple(one for one in page.products if one.id in mine or one.id not in together)
    return CatalogPage(found, tuple(one for one in page.removed if one in mine))


async def _fetched(adapter: Adapter, wanted: Wanted) -> list[CatalogPage]:
    pages: list[CatalogPage] = []
    for start in range(0, len(wanted), MOST_FETCHED):
        asked = wanted[start : start + MOST_FETCHED]
        found = tuple(await adapter.catalog.get(asked))
        there = {product.id for product in found}
        pages.append(CatalogPage(found, tuple(one for one in asked if one not in there)))
    return pages
