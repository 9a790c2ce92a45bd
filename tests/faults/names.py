"""A name server that answers what a test tells it to."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult


class Answering(AbstractResolver):
    """A name server that answers what it is told, each time the next."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=int(family), proto=0, flags=0)
            for one in found
        ]

    async def close(self) -> None:
        """Nothing to release."""
