"""OCC's document types: which fields each has, and what BASIC, DEFAULT and FULL stand for.

A nested field without brackets is given at BASIC, as the platform's field-set builder does.
"""

from collections.abc import Mapping

import msgspec


class DocumentType(msgspec.Struct, frozen=True):
    """``levels`` are written in the grammar of ``fields`` itself."""

    fields: Mapping[str, str]
    """Field to the name of its type; empty for a plain value."""
    levels: Mapping[str, str]


def _type(nested: Mapping[str, str], plain: str, **levels: str) -> DocumentType:
    fields = dict.fromkeys(plain.split(), "") | dict(nested)
    everything = ",".join(sorted(fields))
    return DocumentType(
        fields, {"BASIC": everything, "DEFAULT": everything, "FULL": everything} | levels
    )


_BASIC_PRODUCT = "code,name,price(BASIC),purchasable,stock(BASIC),url"
_DEFAULT_PRODUCT = (
    f"{_BASIC_PRODUCT},availableForPickup,averageRating,categories(BASIC),images(BASIC),"
    "manufacturer,numberOfReviews,summary"
)

TYPES: Mapping[str, DocumentType] = {
    "product": _type(
        {
            "baseOptions": "baseOption",
            "categories": "category",
            "classifications": "classification",
            "images": "image",
            "potentialPromotions": "promotion",
            "price": "price",
            "priceRange": "priceRange",
            "productReferences": "reference",
            "reviews": "review",
            "stock": "stock",
            "variantOptions": "variantOption",
        },
        "availableForPickup averageRating baseProduct code configurable description manufacturer "
        "name numberOfReviews purchasable summary url variantType",
        BASIC=_BASIC_PRODUCT,
        DEFAULT=_DEFAULT_PRODUCT,
        FULL=(
            f"{_DEFAULT_PRODUCT},baseOptions(BASIC),baseProduct,categories(FULL),"
            "classifications(FULL),configurable,description,images(FULL),potentialPromotions,"
            "price(FULL),priceRange,productReferences(BASIC),reviews(FULL),stock(FULL),"
            "variantOptions(BASIC),variantType"
        ),
    ),
    "price": _type(
        {}, "currencyIso formattedValue priceType value", BASIC="currencyIso,formattedValue,value"
    ),
    "priceRange": _type({"maxPrice": "price", "minPrice": "price"}, ""),
    "stock": _type({}, "isValueRounded stockLevel stockLevelStatus", BASIC="stockLevelStatus"),
    "category": _type({}, "code name url"),
    "image": _type({}, "altText format galleryIndex imageType url"),
    "classification": _type({"features": "feature"}, "code name", FULL="code,features(FULL),name"),
    "feature": _type(
        {"featureUnit": "unit", "featureValues": "featureValue"}, "code comparable name range"
    ),
    "unit": _type({}, "name symbol unitType"),
    "featureValue": _type({}, "value"),
    "promotion": _type({}, "code description"),
    "principal": _type({}, "name uid"),
    "review": _type({"principal": "principal"}, "comment date headline id rating"),
    "reference": _type(
        {"target": "product"},
        "description preselected referenceType",
        BASIC="description,preselected,referenceType,target(code)",
        DEFAULT="description,preselected,referenceType,target(BASIC)",
        FULL="description,preselected,referenceType,target(DEFAULT)",
    ),
    "baseOption": _type({"selected": "variantOption"}, "variantType"),
    "variantOption": _type(
        {"priceData": "price", "stock": "stock", "variantOptionQualifiers": "qualifier"},
        "code url",
        BASIC="code",
        DEFAULT="code,priceData(BASIC),stock(BASIC),url",
    ),
    "qualifier": _type({"image": "image"}, "name qualifier value"),
    "references": _type({"references": "reference"}, ""),
    "reviews": _type({"reviews": "review"}, ""),
    "search": _type(
        {
            "breadcrumbs": "breadcrumb",
            "currentQuery": "query",
            "facets": "facet",
            "pagination": "pagination",
            "products": "product",
            "sorts": "sort",
        },
        "freeTextSearch type",
        DEFAULT=(
            "breadcrumbs,currentQuery,facets,freeTextSearch,pagination,products(DEFAULT),sorts,type"
        ),
        FULL="DEFAULT,products(DEFAULT)",
    ),
    "breadcrumb": _type({}, "facetCode facetName facetValueCode facetValueName"),
    "query": _type({"query": "queryValue"}, "url"),
    "queryValue": _type({}, "value"),
    "facet": _type({"values": "facetValue"}, "category multiSelect name priority visible"),
    "facetValue": _type({"query": "query"}, "count name selected"),
    "pagination": _type({}, "currentPage pageSize sort totalPages totalResults"),
    "sort": _type({}, "code name selected"),
    "cart": _type(
        {"entries": "entry", "subTotal": "price", "totalPrice": "price"},
        "code guid totalItems totalUnitCount type",
    ),
    "order": _type(
        {
            "entries": "entry",
            "subTotal": "price",
            "totalPrice": "price",
            "totalPriceWithTax": "price",
        },
        "code created guid placed status totalItems totalUnitCount type",
    ),
    "cartModification": _type({"entry": "entry"}, "quantity quantityAdded statusCode"),
    "entry": _type(
        {"basePrice": "price", "product": "product", "totalPrice": "price"}, "entryNumber quantity"
    ),
}
