"""An experience in the platform's own bytes, and bodies that can carry none."""

import msgspec

from saccade.domain import Experience, Instruction, Mode, Op, Reason, Served
from saccade.testing.checks import BrokenError, Check, asking, check, same, shown
from saccade.testing.subject import Subject

EXPERIENCE = Experience(
    decision_id="d-1",
    mode=Mode.HESITATING,
    confidence=0.84,
    reason=Reason.MODEL,
    served=Served.MODEL,
    instructions=(
        Instruction(Op.MOVE, "guarantee", to="top"),
        Instruction(Op.SET_TEXT, "cta", text='Add — "30 days" </script>'),
    ),
)
RULE = Experience(
    decision_id="d-2",
    mode=Mode.DEFAULT,
    confidence=0.0,
    reason=Reason.TIMEOUT,
    served=Served.RULE,
    instructions=(Instruction(Op.SET_TEXT, "offer", text="Free returns"),),
)
DEFAULT = Experience(None, Mode.DEFAULT, 0.0, Reason.LOW_CONFIDENCE, Served.DEFAULT)

NO_OBJECT: tuple[bytes, ...] = (
    b"",
    b"not json",
    b"[]",
    b"null",
    b"{",
    b'{"a":1',
    b'{"a":NaN}',
    b'{"a":1} trailing',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe",
    b"<html></html>",
    b'{"a":' + b"[" * 100_000,
)
"""Bodies that cannot carry a key: a platform on a bad day sends any of them."""

ODD_OBJECTS: tuple[bytes, ...] = (
    b"{}",
    b'{ "a" : 1 }\r\n',
    b'{"a":1.10,"b":1e400,"c":' + b"7" * 400 + b"}",
    '{"a":"Zoë 日本 \\u00e9 \\/"}'.encode(),
    b'{"a":{"saccade":1},"a":2}',
)
"""Objects whose spelling a parser would not give back."""


@check(
    "merge.superset",
    "R38",
    "splice the key in before the last brace (saccade_gateway.splice); never write JSON anew",
    needs=["pages"],
)
async def superset(subject: Subject) -> None:
    """Every byte of the platform's stays in its place, and one key is added."""
    tenant, adapter = subject.built()
    bodies = (*(page.body for page in subject.samples.pages), *ODD_OBJECTS)
    for body in bodies:
        request = f"merge({shown(repr(body))})"
        with asking(request):
            merged = adapter.rendering.merge(body, EXPERIENCE)
        block = block_in(request, body, merged, tenant.decisioning.key)
        same(request, EXPERIENCE, block)


@check(
    "merge.fallback",
    "R23",
    "write the experience as it is given: `served` says whether a page got a rule or its default",
    needs=["pages"],
    after=["merge.superset"],
)
async def fallback(subject: Subject) -> None:
    """A cached rule and the page's own default are carried as what they are."""
    tenant, adapter = subject.built()
    body = subject.samples.pages[0].body
    for experience in (RULE, DEFAULT):
        request = f"merge({shown(repr(body))}) of served={experience.served}"
        with asking(request):
            merged = adapter.rendering.merge(body, experience)
        same(request, experience, block_in(request, body, merged, tenant.decisioning.key))


@check(
    "merge.refused",
    "F12",
    "return the very body that was given where it is no JSON object",
    needs=["pages"],
)
async def refused(subject: Subject) -> None:
    """A body that cannot carry a key comes back itself, whatever it is."""
    adapter = subject.adapter()
    for body in NO_OBJECT:
        request = f"merge({shown(repr(body[:60]))})"
        with asking(request):
            merged = adapter.rendering.merge(body, EXPERIENCE)
        if merged is not body:
            raise BrokenError(request, "the same object", shown(repr(merged[:120])))


@check(
    "merge.once",
    "R38",
    "return the body itself where the platform's object has our key already",
    needs=["pages"],
    after=["merge.superset"],
)
async def once(subject: Subject) -> None:
    """A body that has the key already is left alone, and merging gives the same every time."""
    adapter = subject.adapter()
    body = subject.samples.pages[0].body
    with asking("merge(body) twice"):
        first, second = (adapter.rendering.merge(body, EXPERIENCE) for _ in range(2))
    same("merge(body) again", first, second)
    with asking("merge(merge(body))"):
        again = adapter.rendering.merge(first, EXPERIENCE)
    if again is not first:
        raise BrokenError("merge(merge(body))", "the same object", again.decode("utf-8", "replace"))


MERGING: tuple[Check, ...] = (superset, fallback, refused, once)


def block_in(request: str, body: bytes, merged: bytes, key: str) -> Experience:
    """The experience under ``key``; raises `BrokenError` where aught else differs from ``body``."""
    grown = len(merged) - len(body)
    start = next((at for at in range(len(body)) if merged[at : at + 1] != body[at : at + 1]), 0)
    if grown <= 0 or merged[:start] + merged[start + grown :] != body:
        expected = f"the platform's {len(body)} bytes, and one key"
        raise BrokenError(request, expected, merged.decode("utf-8", "replace"))
    expected = f"one key more, {key!r}, with the experience"
    try:
        found = msgspec.json.decode(merged, type=dict[str, msgspec.Raw])
        before = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        block = msgspec.json.decode(found[key], type=Experience)
    except (KeyError, ValueError) as error:
        raise BrokenError(request, expected, merged.decode("utf-8", "replace")) from error
    same(f"{request}: its keys", {*before, key}, set(found))
    return block
