"""OCC's errors: ``{"errors": [{"message", "type", ...}]}`` with the platform's own type names."""

from saccade.domain import JsonObject


class OccError(Exception):
    """Answered as a document instead of a traceback."""

    def __init__(self, status: int, kind: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.details = details
        """``reason``, ``subject``, ``subjectType`` where OCC gives them."""

    def document(self) -> JsonObject:
        """Keys in alphabetical order, as everywhere in OCC."""
        entry = {"message": str(self), "type": self.kind, **self.details}
        return {"errors": [dict(sorted(entry.items()))]}


def unknown_product(code: str) -> OccError:
    """No product of this code."""
    return OccError(
        404,
        "UnknownIdentifierError",
        f"Product with code '{code}' not found!",
        reason="notFound",
        subject=code,
        subjectType="product",
    )


def unknown_site(site: str) -> OccError:
    """No base site of this id."""
    return OccError(400, "InvalidResourceError", f"Base site {site} doesn't exist")


def unknown_cart(cart: str) -> OccError:
    """No cart of this id, or not this user's."""
    return OccError(
        404, "CartError", "Cart not found.", reason="notFound", subject=cart, subjectType="cart"
    )


def unknown_entry(entry: str) -> OccError:
    """The cart has no entry of this number."""
    return OccError(
        404,
        "CartEntryError",
        "Entry not found",
        reason="notFound",
        subject=entry,
        subjectType="entry",
    )


def wrong_field(name: str) -> OccError:
    """A field the document type does not have."""
    return OccError(400, "ConversionError", f"Incorrect field:'{name}'")


def wrong_value(name: str, problem: str) -> OccError:
    """A request parameter or a part of the body that cannot be used."""
    return OccError(
        400, "ValidationError", problem, reason="invalid", subject=name, subjectType="parameter"
    )
