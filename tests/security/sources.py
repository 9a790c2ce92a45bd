"""What the sources import, call and compile, read from their syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("core", "gateway", "adapters", "server", "demo")

UNSAFE_MODULES = frozenset(
    {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
)
SAFE_IN_YAML = frozenset({"safe_load", "YAMLError"})
"""All else of it may make objects of any class."""
UNSAFE_CALLS = frozenset({"eval", "exec", "compile", "__import__"})
"""As bare names: `re.compile` is another."""


def sources() -> Iterator[Path]:
    """Every file that runs in production."""
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def unsafe(text: str) -> list[str]:
    """What of a source turns data into code."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if _top(name.name) in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom) and _top(node.module or "") in UNSAFE_MODULES:
            found.append(node.module or "")
        elif isinstance(node, ast.ImportFrom) and _top(node.module or "") == "yaml":
            found += [f"yaml.{name.name}" for name in node.names if name.name not in SAFE_IN_YAML]
        elif isinstance(node, ast.Attribute) and _of_yaml(node):
            found.append(f"yaml.{node.attr}")
        elif isinstance(node, ast.Call):
            found += _called(node)
    return found


def _of_yaml(node: ast.Attribute) -> bool:
    module = isinstance(node.value, ast.Name) and node.value.id == "yaml"
    return module and node.attr not in SAFE_IN_YAML


def _top(module: str) -> str:
    return module.partition(".")[0]


def _called(node: ast.Call) -> list[str]:
    if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
        return [node.func.id]
    arguments = {argument.arg: argument.value for argument in node.keywords}
    allows = arguments.get("allow_pickle")
    return ["allow_pickle"] if allows is not None and not _is_false(allows) else []


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def compiled(text: str) -> Iterator[ast.expr]:
    """The first argument of every call of `re`'s functions that take a pattern."""
    takers = {"compile", "search", "match", "fullmatch", "findall", "finditer", "sub", "split"}
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in takers
            and node.args
        ):
            yield node.args[0]


def is_ours(pattern: ast.expr, escaped: frozenset[str]) -> bool:
    """Whether a pattern is written here: a literal, or one with only ``escaped`` names put in."""
    match pattern:
        case ast.Constant():
            return True
        case ast.BinOp():
            return is_ours(pattern.left, escaped) and is_ours(pattern.right, escaped)
        case ast.Name():
            return pattern.id in escaped
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="escape")):
            return True
        case ast.JoinedStr():
            return all(is_ours(part, escaped) for part in pattern.values)
        case ast.FormattedValue():
            return is_ours(pattern.value, escaped)
        case _:
            return False


def known(text: str) -> frozenset[str]:
    """Names that stand for `re.escape` of something, for text written in capitals, or for an
    argument every call of which is such text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.isupper() or is_ours(node.value, frozenset()):
                found.add(name)
    return frozenset(found)
