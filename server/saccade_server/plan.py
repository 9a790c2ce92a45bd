"""What ``saccade serve`` was asked to do, as a worker is told it."""

from dataclasses import dataclass

from saccade_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings, and the platforms to serve; none named means any."""

    settings: Settings
    adapters: tuple[str, ...] = ()
