"""What was recorded of a platform as ``samples.toml``, which `saccade.testing.recorded` reads."""

import json
from collections.abc import Iterator

from saccade.domain import Event, Product
from saccade_generic_rest.inferring_places import encoded
from saccade_generic_rest.inferring_samples import Recording
from saccade_generic_rest.inferring_shop import Answer, Day

_HEAD = """\
# What `saccade certify` asks with: calls of this platform as they were recorded. Look whether the
# products, and the facts of seen, are what the platform means: the mapping beside read them so.
# The second day (later) is made of the first."""
_FACTS = ("product", "value", "currency", "reference")


def written(found: Recording) -> str:
    """The text of the file."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Recording) -> Iterator[str]:
    yield _HEAD
    yield ""
    yield f"outside = [{', '.join(_text(path) for path in found.outside)}]"
    for page in found.pages:
        yield "\n[[pages]]"
        yield f"call = {_text(f'GET {page.target}')}"
        yield f"moment = {_text(page.moment.value)}"
        if page.subject is not None:
            yield f"subject = {_text(page.subject)}"
        yield f"body = {_text(encoded(page.body))}"
    for call in found.passing:
        yield "\n[[passing]]"
        yield f"call = {_text(call)}"
    for seen in found.seen:
        yield "\n[[seen]]"
        yield f"call = {_text(seen.call)}"
        yield f"status = {seen.status}"
        yield f"body = {_text(encoded(seen.body))}"
        yield f"says = [{', '.join(_event(one) for one in seen.says)}]"
    for name, day in zip(("shop", "later"), found.shop or (), strict=False):
        yield from _day(name, day)
    if found.exempt:
        yield "\n[exempt]"
        yield from (f"{_text(name)} = {_text(why)}" for name, why in found.exempt.items())


def _day(name: str, day: Day) -> Iterator[str]:
    yield f"\n[{name}]"
    yield "products = ["
    yield from (f"  {_product(one)}," for one in day.products)
    yield "]"
    for answer in day.answers:
        yield f"\n[[{name}.answers]]"
        yield from _answer(answer)


def _answer(answer: Answer) -> Iterator[str]:
    yield f"call = {_text(f'GET {answer.target}')}"
    if answer.link:
        link = f"link = {_text(answer.link)}"
        yield f'headers = {{ content-type = "application/json", {link} }}'
    yield f"body = {_text(encoded(answer.body))}"


def _product(one: Product) -> str:
    told = [f"id = {_text(one.id)}", f"name = {_text(one.name)}"]
    if one.categories:
        told.append(f"categories = [{', '.join(_text(name) for name in one.categories)}]")
    facts = {"price": one.price, "currency": one.currency}
    told += [f"{name} = {_text(value)}" for name, value in facts.items() if value is not None]
    if one.in_stock is not None:
        told.append(f"in_stock = {json.dumps(one.in_stock)}")
    return f"{{ {', '.join(told)} }}"


def _event(event: Event) -> str:
    facts = [(name, getattr(event, name)) for name in _FACTS]
    told = [f"{name} = {_text(value)}" for name, value in facts if value is not None]
    return f"{{ {', '.join([f'kind = {_text(event.kind.value)}', *told])} }}"


def _text(value: str) -> str:
    """A TOML string: as it is where it can be, for what is read in it."""
    if "'" not in value and value.isprintable():
        return f"'{value}'" if '"' in value or "\\" in value else f'"{value}"'
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
