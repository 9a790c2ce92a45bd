"""The stand-in platform, for tests that need carts and orders."""

from collections.abc import AsyncIterator

import pytest

from saccade_demo import lab


@pytest.fixture
async def stand_in() -> AsyncIterator[str]:
    """Its base URL."""
    runner, url = await lab.start_platform()
    yield url
    await runner.cleanup()
