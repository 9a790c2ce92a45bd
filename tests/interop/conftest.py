"""A client generated from the description beside this file, by a generator of somebody else."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from interop.storefront import DESCRIPTION, PACKAGE


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The client as a package that can be imported; generating takes less than a second."""
    folder = tmp_path_factory.mktemp("generated")
    made = folder / PACKAGE
    table = ConfigFile(post_hooks=[], package_name_override=PACKAGE)
    config = Config.from_sources(
        table, MetaType.NONE, DESCRIPTION, "utf-8", overwrite=True, output_path=made
    )
    assert list(generate(config=config)) == []
    sys.path.insert(0, str(folder))
    yield made
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
