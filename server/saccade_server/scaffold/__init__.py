"""A new adapter's package, written from templates: its frame whole, the platform left to fill in.

Templates are `string.Template` texts; they end in ``.txt``, for with their blanks they are not yet
Python that tools should read.
"""

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

_SUFFIX = ".txt"
_PACKAGE = "package"
"""Name of the folder that becomes the adapter's import package."""


def write(name: str, folder: Path) -> None:
    """Write the package into ``folder``, which is made. Raises OSError."""
    names = {
        "name": name,
        "package": f"saccade_{name}",
        "dashed": name.replace("_", "-"),
        "upper": name.upper(),
        "title": name.replace("_", " ").title(),
        "camel": name.replace("_", " ").title().replace(" ", ""),
    }
    for parts, template in _templates(resources.files(__name__) / "templates"):
        place = [names["package"] if part == _PACKAGE else part for part in parts]
        path = folder.joinpath(*place).with_name(place[-1].removesuffix(_SUFFIX))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(template.read_text("utf-8")).substitute(names), "utf-8")
    (folder / names["package"] / "py.typed").touch()


def _templates(
    folder: Traversable, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _templates(one, (*above, one.name))
        elif one.name.endswith(_SUFFIX):
            yield (*above, one.name), one
