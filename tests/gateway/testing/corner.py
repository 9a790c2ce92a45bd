"""Corner, the shop of docs/write-an-adapter.md: a good adapter, made as its guide makes it."""

import importlib
import sys
from pathlib import Path
from typing import NamedTuple

from saccade.ports import AdapterFactory
from saccade.testing.samples import Sampler
from saccade_server import scaffold
from server.guide import fills


class Corner(NamedTuple):
    """What its package holds."""

    factory: AdapterFactory
    samples: Sampler


def corner(folder: Path) -> Corner:
    """Written into ``folder``, filled in and imported."""
    scaffold.write("corner", folder)
    for one in fills():
        one.apply(folder)
    sys.path.insert(0, str(folder))
    try:
        package = importlib.import_module("saccade_corner")
        samples = importlib.import_module("saccade_corner.samples")
    finally:
        sys.path.remove(str(folder))
    return Corner(package.factory, samples.samples)
