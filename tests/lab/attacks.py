"""Experiences an attacker would send: payloads by family, each in every place an experience has.

Every payload that can run calls ``hit()``, and every address in one leads to `ELSEWHERE`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Payload = Any  # whatever JSON can say
ELSEWHERE = "elsewhere.invalid"
TEXTS = 6

_HANDLERS = (
    *("img src=x onerror", "img/src=x/onerror", "image src=x onerror", "audio src=x onerror"),
    *("video src=x onerror", "svg onload", "body onload", "body onpageshow", "iframe onload"),
    *("input autofocus onfocus", "select autofocus onfocus", "details open ontoggle"),
    *("marquee onstart", "object data=x onerror", "link rel=stylesheet href=x onerror"),
    *("script src=x onerror", "style onload", "p style='animation:x 1s' onanimationstart"),
)
_SCHEMES = (
    *("javascript:hit()", "JaVaScRiPt:hit()", "java\tscript:hit()", "java\nscript:hit()"),
    *(" \x01javascript:hit()", "javascript&colon;hit()", "&#106;avascript:hit()"),
    *("javascript://%0ahit()", "vbscript:hit()", "data:text/html,<script>parent.hit()</script>"),
    *("data:text/javascript,hit()", "blob:null/hit()", f"//{ELSEWHERE}/", f"https:{ELSEWHERE}"),
)
_CARRIERS = (
    *("<a href='{}'>x</a>", "<iframe src='{}'></iframe>", "<object data='{}'></object>"),
    *("<form action='{}'><button autofocus>x</button></form>", "<base href='{}'>"),
    "<meta http-equiv=refresh content='0;url={}'>",
)


def _nested(depth: int) -> Payload:
    inner: Payload = "cta"
    for _ in range(depth):
        inner = {"slot": [inner], "text": inner} if depth < 12 else [inner]
    return inner


FAMILIES: Mapping[str, Sequence[Payload]] = {
    "script": (
        *("<script>hit()</script>", "<SCRIPT>hit()</SCRIPT>", "<script/x>hit()</script>"),
        *("<svg><script>hit()</script></svg>", "<script type=module>hit()</script>"),
        *("</script><script>hit()</script>", "</textarea><script>hit()</script>"),
        *("</title><script>hit()</script>", "<!--><script>hit()</script>-->"),
        *("<template><script>hit()</script></template>", "<noscript><p title='</noscript>"),
        *("<iframe srcdoc='<script>parent.hit()</script>'></iframe>", "]]><script>hit()</script>"),
        *("<math><mtext><table><mglyph><style><img src=x onerror=hit()>", "${hit()}", "hit()"),
        *("{{constructor.constructor('hit()')()}}", "<%= hit() %>", "`${hit()}`", "');hit();//"),
        *("&lt;script&gt;hit()&lt;/script&gt;", "\\u003cscript\\u003ehit()\\u003c/script\\u003e"),
    ),
    "handler": tuple(
        form.format(handler)
        for handler in _HANDLERS
        for form in ("<{}=hit()>", "\"'><{}='hit()' x='", "</style></script><{}=hit()>")
    ),
    "address": (
        *_SCHEMES,
        *(carrier.format(scheme) for carrier in _CARRIERS for scheme in _SCHEMES[:4]),
    ),
    "style": (
        *("display:block", "display:none;background:url(javascript:hit())", "expression(hit())"),
        *(f"}}body{{background:url(//{ELSEWHERE}/)}}", "</style><img src=x onerror=hit()>"),
        *(f"@import url(//{ELSEWHERE}/x.css);", f"<style>*{{background:url(//{ELSEWHERE})}}"),
        *("behavior:url(x.htc)", "-moz-binding:url(x.xml#hit)"),
    ),
    "prototype": (
        *("__proto__", "constructor", "prototype", "constructor.prototype", "__proto__.polluted"),
        *("toString", "valueOf", "hasOwnProperty", "isprototypeof", "__defineGetter__", "length"),
        {"__proto__": {"polluted": 1}},
        {"constructor": {"prototype": {"polluted": 1}}},
        [{"__proto__": {"polluted": 1}}],
        {"__proto__": None},
        {"__proto__": {"op": "set_text", "slot": "cta", "text": "inherited"}},
    ),
    "selector": (
        *("*", "body", ":root", "html", "head", "cta], body, [x", "cta],*,[x=", "cta]){}*{"),
        *("cta\\", 'cta"', "cta'", "cta\n", "cta\x00", "cta cta", "cta,body", ":is(body", "cta)"),
        *("cta]:has(*)", "-cta", "1cta", "CTA", "cta/**/", "[data-saccade-slot]", "script", "#x"),
    ),
    "unicode": (
        *("\u2028hit()\u2029", "\x00<script>hit()</script>", "\u202e<script>hit()", "\ufeffhit()"),
        *("\uff1cscript\uff1ehit()\uff1c/script\uff1e", "\u02bcscript", "<\u200bscript>hit()"),
        *("cta\u0301", "\u0441ta", "ct\u0430", "\U0001f600" * 50, "\ud800", "\udc00<script>hit()"),
    ),
    "huge": (
        *("x" * 20_000, "<img src=x onerror=hit()>" * 200, "<" * 5_000, "[" * 5_000),
        *("cta" * 2_000, "cta," * 2_000, ":not(" * 2_000, "\u0301" * 5_000),
        ["cta"] * 2_000,
        {f"k{at}": "v" for at in range(500)},
    ),
    "nested": (_nested(3), _nested(10), _nested(400), [[["cta"]]], {"slot": {"slot": "cta"}}),
    "type": (
        *(None, True, False, 0, -1, 1.5, 1e308, 2**53, "", " ", [], {}, [None], [[]], ["cta"]),
        {"toString": "hit()"},
        {"length": 1_000_000_000},
        {"0": "cta", "length": 1},
        {"op": "hide", "slot": "cta"},
        {"then": "hit()"},
        {"nodeType": 1, "innerHTML": "<img src=x onerror=hit()>"},
    ),
}


def instructions(payload: Payload, slots: Sequence[str]) -> list[Payload]:
    """A payload in every field of every operation, the text of several slots, and beyond them."""
    slot = slots[0]
    name = payload if isinstance(payload, str) else "x"
    return [
        *({"op": "set_text", "slot": one, "text": payload} for one in slots[:TEXTS]),
        *_at(payload),
        {"op": payload, "slot": slot, "to": payload, "text": payload, "filter": payload},
        {"op": "move", "slot": slot, "to": payload},
        {"op": "show", "slot": slot, "filter": payload},
        {"op": "show", "slot": slot, "filter": {name: payload}},
        {"op": "show", "slot": slot, "filter": {"topic": payload, "limit": payload}},
        {"op": "hide", "slot": slot, "style": payload, "class": payload, "id": payload},
        {"op": "set_text", "slot": slot, "html": payload, "href": payload, "src": payload},
        {"op": "show", "slot": slot, "onclick": payload, "attributes": {name: payload}},
        {name: payload},
        payload,
    ]


def misplaced(name: str) -> Payload:
    """Whatever can be done to a slot, asked for at a name that is none."""
    return {"decision_id": "d", "mode": "default", "instructions": _at(name)}


def coerced(slot: str) -> Payload:
    """What would be followed, were a list of one text taken for the text."""
    right: Payload = {"op": "hide", "slot": slot}
    wrong: list[Payload] = [
        *({**right, "slot": each} for each in ([slot], [[slot]], {"0": slot, "length": 1})),
        *({**right, "op": [op]} for op in ("hide", "show")),
        {**right, "op": "move", "to": ["top"]},
        {**right, "op": ["move"], "to": "top"},
        {**right, "op": "set_text", "text": ["taken"]},
        {**right, "op": ["set_text"], "text": "taken"},
    ]
    return {"decision_id": "d", "mode": "default", "instructions": wrong}


def _at(slot: Payload) -> list[Payload]:
    operations = ("show", "hide", "move", "set_text")
    return [{"op": op, "slot": slot, "to": "top", "text": "taken"} for op in operations]


def experiences(payload: Payload, slots: Sequence[str]) -> Iterator[Payload]:
    """A payload in its instructions, and in what stands around them."""
    told = instructions(payload, slots)
    yield {"decision_id": "d", "mode": "default", "instructions": told}
    yield {"decision_id": payload, "mode": payload, "instructions": told[:1], "text": payload}
    yield {"decision_id": "d", "instructions": payload}
    yield payload
