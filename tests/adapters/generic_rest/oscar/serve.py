"""Django Oscar with django-oscar-api on SQLite, by the interpreter of an environment of its own.

``serve.py FILE seed`` makes the database with 200 products; ``serve.py FILE PORT`` serves it. The
shop is the packages' own: here stand its settings and its goods.
"""

import sys
from importlib import import_module
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

PRODUCTS = 200
COUNTRY = "NL"

django = import_module("django")
conf = import_module("django.conf")
defaults = import_module("oscar.defaults")

APPLICATIONS = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "oscar.config.Shop",
    "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.shipping.apps.ShippingConfig",
    "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.partner.apps.PartnerConfig",
    "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig",
    "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig",
    "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks",
    "haystack",
    "treebeard",
    "django_tables2",
    "rest_framework",
    "oscarapi",
)


def configure(database: Path) -> None:
    """Oscar's own defaults, a database, and lists in pages."""
    theirs = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
    conf.settings.configure(
        **{
            **theirs,
            "SECRET_KEY": "of a test's shop",
            "ALLOWED_HOSTS": ["127.0.0.1"],
            "ROOT_URLCONF": "shop_urls",
            "INSTALLED_APPS": APPLICATIONS,
            "MIDDLEWARE": (
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "oscar.apps.basket.middleware.BasketMiddleware",
            ),
            "DATABASES": {
                "default": {
                    "ENGINE": "django.db.backends.sqlite3",
                    "NAME": str(database),
                    "ATOMIC_REQUESTS": True,
                    "OPTIONS": {"timeout": 30},
                }
            },
            "AUTHENTICATION_BACKENDS": ("django.contrib.auth.backends.ModelBackend",),
            "HAYSTACK_CONNECTIONS": {
                "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
            },
            "REST_FRAMEWORK": {
                "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
                "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
                "PAGE_SIZE": 20,
            },
            "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
            "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
            "OSCAR_ALLOW_ANON_CHECKOUT": True,
            "OSCAR_DEFAULT_CURRENCY": "EUR",
            "SITE_ID": 1,
            "STATIC_URL": "/static/",
            "USE_TZ": True,
        }
    )
    django.setup()


def seed() -> None:
    """Its tables, by its own migrations, and its goods."""
    import_module("django.core.management").call_command("migrate", verbosity=0)
    catalogue = import_module("oscar.apps.catalogue.models")
    partners = import_module("oscar.apps.partner.models")
    addresses = import_module("oscar.apps.address.models")
    addresses.Country.objects.create(
        iso_3166_1_a2=COUNTRY, iso_3166_1_a3="NLD", printable_name="Netherlands",
        name="Netherlands", is_shipping_country=True,
    )  # fmt: skip
    kind = catalogue.ProductClass.objects.create(name="Tools", requires_shipping=True)
    partner = partners.Partner.objects.create(name="Warehouse")
    categories = [catalogue.Category.add_root(name=name) for name in ("Saws", "Files", "Planes")]
    for number in range(1, PRODUCTS + 1):
        product = catalogue.Product.objects.create(
            product_class=kind, title=f"Tool {number}", upc=f"T-{number:04}"
        )
        product.categories.add(categories[number % len(categories)])
        partners.StockRecord.objects.create(
            product=product, partner=partner, partner_sku=f"W-{number}", price_currency="EUR",
            price=f"{number}.50", num_in_stock=0 if number % 10 == 0 else 25,
        )  # fmt: skip


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nowhere."""


def main() -> None:
    """See above."""
    database, what = Path(sys.argv[1]), sys.argv[2]
    configure(database)
    if what == "seed":
        seed()
        return
    application = import_module("django.core.wsgi").get_wsgi_application()
    server = make_server("127.0.0.1", int(what), application, Server, Quiet)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201 - read by who started it
    server.serve_forever()


if __name__ == "__main__":
    main()
