"""Pages a tracker meets: a product page that marks its slots, and one that knows nothing of us."""

SITE = "demo-key"

_REVIEWS = (
    ("display", 5, True),
    ("battery", 2, True),
    ("battery", 1, False),
    ("keyboard", 4, True),
    ("battery weight", 5, True),
)


def tag(server: str, attributes: str = "") -> str:
    """The one tag."""
    return f'<script src="{server}/tracker.js?site={SITE}" defer {attributes}></script>'


def _review(topic: str, rating: int, *, verified: bool) -> str:
    return (
        f'<li class="review" data-saccade-item data-topic="{topic}" data-rating="{rating}"'
        f' data-verified="{str(verified).lower()}"><p>{topic}</p></li>'
    )


_STYLE = """
<style>
  body { margin: 0; font: 16px/1.4 sans-serif }
  section { border-bottom: 1px solid #ccc; box-sizing: border-box; display: flow-root }
  #hero { height: 700px } #story { height: 900px } #specs { height: 500px }
  #comparison { height: 600px } #guarantee { height: 300px } #end { height: 900px }
  .review { height: 200px }
</style>
"""

BLOCKS = f"""
<main id="main" data-saccade-product="816324">
  <section id="hero">
    <h1>Kestrel Aero 14</h1>
    <button id="red" data-saccade-signal="variant">Red</button>
    <button id="blue" data-saccade-signal="variant">Blue</button>
    <label data-saccade-signal="variant">Size <input id="size" type="checkbox"></label>
    <button id="cta" data-saccade-slot="cta" data-saccade-signal="add-to-cart"><b>+</b>
      <span data-saccade-text>Add to cart</span></button>
    <button id="go" data-saccade-signal="checkout">Checkout</button>
  </section>
  <section id="story"><p>A story.</p></section>
  <section id="specs" data-saccade-slot="specifications"><p>Battery: 72 Wh</p></section>
  <section id="comparison" data-saccade-slot="comparison" style="color:navy">
    <button id="compare" data-saccade-signal="compare">Compare</button></section>
  <section id="reviews" data-saccade-slot="reviews"><h2>Reviews</h2>
    <ul>{"".join(_review(topic, rating, verified=verified) for topic, rating, verified in _REVIEWS)}
    </ul></section>
  <section id="guarantee" data-saccade-slot="battery-guarantee"><p>30 days</p></section>
  <section id="secret" hidden class="note" data-saccade-slot="secret"
    style="height: 200px"></section>
  <section id="end"></section>
</main>
"""


def shop(server: str, attributes: str = "", *, body: str = BLOCKS, head: str = "") -> str:
    """A product page with the tag in its head."""
    return (
        "<!doctype html><html><head><meta charset=utf-8><title>Shop</title>"
        "<meta name=viewport content='width=device-width'>"
        f"{_STYLE}{head}{tag(server, attributes)}</head><body>{body}</body></html>"
    )


EXPERIENCE = {
    "decision_id": "decision-0001",
    "mode": "hesitating",
    "confidence": 0.84,
    "reason": "MODEL",
    "served": "model",
    "instructions": [
        {"op": "move", "slot": "battery-guarantee", "to": "top"},
        {
            "op": "show",
            "slot": "reviews",
            "filter": {"topic": "battery", "verified": True, "limit": 5},
        },
        {"op": "set_text", "slot": "cta", "text": "Add to cart — 30-day battery guarantee"},
        {"op": "hide", "slot": "comparison"},
    ],
}


def experience(*instructions: object, decision: str = "decision-0002") -> dict[str, object]:
    """An experience of these instructions."""
    return {**EXPERIENCE, "decision_id": decision, "instructions": list(instructions)}
