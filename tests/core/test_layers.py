"""The core imports no platform, no adapter and no web framework (R36).

import-linter holds the layers in `dev.py check`; this says the same in the suite, by reading.
"""

import ast
from pathlib import Path

import saccade

CORE = Path(saccade.__file__).parent
OTHERS = {
    *("saccade_gateway", "saccade_server", "saccade_demo", "saccade_webhooks"),
    *("saccade_sap_occ", "saccade_shopify", "saccade_generic_rest"),
    *("aiohttp", "httpx", "typer", "fastapi", "flask", "django", "starlette"),
}


def imported(path: Path) -> set[str]:
    """Top names of the modules a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_the_core_knows_nobody_outside() -> None:  # R36
    files = sorted(CORE.rglob("*.py"))
    assert len(files) > 20
    assert {str(path): found for path in files if (found := imported(path) & OTHERS)} == {}


def test_no_adapter_is_named_in_the_core_or_the_gateway() -> None:  # R36
    gateway = CORE.parents[1] / "gateway" / "saccade_gateway"
    for path in (*CORE.rglob("*.py"), *gateway.rglob("*.py")):
        text = path.read_text("utf-8")
        assert "sap_occ" not in text, path
        assert "generic_rest" not in text, path
        assert "shopify" not in text.lower(), path


def test_the_reader_sees_a_planted_import(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def f():\n    from saccade_sap_occ import factory\n", "utf-8")
    assert imported(planted) & OTHERS == {"saccade_sap_occ"}
