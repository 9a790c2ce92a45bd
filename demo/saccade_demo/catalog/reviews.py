"""Reviews in OCC's shape: the laptop's as written, everybody else's composed from sentences.

OCC knows neither topic nor verified purchase. A shop that has both derives them, as ours does in
the browser: the topic from the words, the purchase from ``principal`` (a guest is ``anonymous``).
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from saccade.domain import JsonObject
from saccade_demo.catalog.sources import CategorySource, SentenceSource, WrittenReview

NEWEST = datetime(2025, 10, 28, 19, 40, 12, tzinfo=UTC)
"""A fixed day, so that documents are the same bytes every day."""

_RATINGS = (5, 5, 5, 5, 4, 4, 4, 3, 2, 1)
_PRAISE, _MIXED = 4, 3


def written(code: str, reviews: Sequence[WrittenReview]) -> list[JsonObject]:
    """The story's reviews, newest first."""
    draw = Random(f"dates:{code}")  # noqa: S311 - dates of a demo, no secret
    when = NEWEST
    found: list[JsonObject] = []
    for number, review in enumerate(reviews):
        when -= timedelta(days=draw.randint(2, 16), minutes=draw.randint(0, 1_439))
        found.append(
            _review(
                f"{code}:{number}",
                when,
                review.rating,
                review.by if review.verified else "",
                review.headline,
                review.comment,
            )
        )
    return found


def composed(
    code: str, category: CategorySource, sentences: SentenceSource
) -> Iterator[JsonObject]:
    """Reviews of a product, newest first, as many as are taken (a few dozen at most)."""
    draw = Random(f"reviews:{code}")  # noqa: S311 - texts of a demo, no secret
    pool = _Pool(draw, category, sentences)
    when = NEWEST - timedelta(days=draw.randint(0, 20))
    number = 0
    while True:
        when -= timedelta(days=draw.randint(3, 40), minutes=draw.randint(0, 1_439))
        rating = draw.choice(_RATINGS)
        by = draw.choice(sentences.reviewers) if draw.random() < 0.7 else ""  # noqa: PLR2004 - share of buyers
        headline, comment = pool.text(rating)
        yield _review(f"{code}:{number}", when, rating, by, headline, comment)
        number += 1


class _Pool:
    """Sentences dealt like cards: shuffled, and shuffled again only when all were dealt."""

    def __init__(self, draw: Random, category: CategorySource, sentences: SentenceSource) -> None:
        self._draw = draw
        self._topics = category.topics
        self._sentences = sentences
        self._decks: dict[str, list[str]] = {}
        self._said: set[str] = set()

    def text(self, rating: int) -> tuple[str, str]:
        """Headline and comment of one reviewer; no comment is given twice."""
        headline, comment = self._text(rating)
        while comment in self._said:
            headline, comment = self._text(rating)
        self._said.add(comment)
        return headline, comment

    def _text(self, rating: int) -> tuple[str, str]:
        topics = self._draw.sample(self._topics, self._draw.randint(2, 3))
        if rating >= _PRAISE:
            mood, moods = "good", ["good"] * len(topics)
        elif rating == _MIXED:
            mood, moods = "mixed", ["good", "bad", "good"][: len(topics)]
        else:
            mood, moods = "bad", ["bad", "bad", "good"][: len(topics)]
        comment = " ".join(
            self._deal(f"{topic}.{which}", getattr(self._sentences.topics[topic], which))
            for topic, which in zip(topics, moods, strict=False)
        )
        return self._deal(mood, getattr(self._sentences.headlines, mood)), comment

    def _deal(self, deck: str, cards: tuple[str, ...]) -> str:
        left = self._decks.setdefault(deck, [])
        if not left:
            left.extend(self._draw.sample(cards, len(cards)))
        return left.pop()


def _review(
    seed: str, when: datetime, rating: int, by: str, headline: str, comment: str
) -> JsonObject:
    digest = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=5).digest(), "big")
    customer = f"customer-{digest % 900_000 + 100_000}"
    return {
        "comment": comment,
        "date": when.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "headline": headline,
        "id": str(8_796_000_000_000 + digest % 900_000_000),
        "principal": {"name": by, "uid": customer}
        if by
        else {"name": "Anonymous", "uid": "anonymous"},
        "rating": rating,
    }
