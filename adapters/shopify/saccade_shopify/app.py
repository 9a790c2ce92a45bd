"""The app as its developer sets it up: ``FOLDER/shopify.toml``, one for all of its shops."""

import os
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import Field, ValidationError, field_validator

from saccade.tenants import SCHEMES_IN_PUBLIC, explained, read_toml
from saccade_shopify.settings import AppTable, SecretFile, Variable, wrong

FILE = "shopify.toml"
SCOPES = (
    "read_products",
    "write_products",
    "read_inventory",
    "read_orders",
    "write_app_proxy",
    "write_pixels",
    "read_customer_events",
)
"""The fewest all that is here works with; ``shopify.app.toml`` says what each is for."""
_KEY = (
    "make one: python3 -c 'from cryptography.fernet import Fernet; "
    "print(Fernet.generate_key().decode())'"
)
_PLACE = "{shop}"


class App(AppTable):
    """All shops' settings, and where the app itself is."""

    url: str = Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$")
    """Where Shopify reaches this server, without a path."""
    scopes: tuple[str, ...] = SCOPES
    """Asked for by the authorization-code grant; a managed install has them in its own file."""
    token_keys_env: Variable = ""
    """Environment variable of the keys that tokens are encrypted with: the newest first, commas
    between them."""
    token_keys_file: SecretFile = ""
    """Or the file, a key a line."""
    admin_url: str = f"https://{_PLACE}"
    """Where a shop's admin is: another's for a stand-in."""
    catalog_every_s: float = Field(default=3_600.0, ge=60.0, le=604_800.0)
    """Between two reconciliations of a catalog, after each of which the offers follow."""
    orders_every_s: float = Field(default=86_400.0, ge=60.0, le=604_800.0)
    """Between two readings of the orders the offers are learnt from."""

    @field_validator("admin_url")
    @classmethod
    def _a_base(cls, said: str) -> str:
        if not said.startswith(("https://", "http://")):
            raise ValueError("write it as https://{shop}")
        return said.rstrip("/")

    def base(self, shop: str) -> str:
        """Where this shop's admin is."""
        return self.admin_url.replace(_PLACE, shop)

    @property
    def stands_in(self) -> bool:
        """Whether it speaks to no Shopify but to a stand-in, in clear or in a private network."""
        return self.admin_url.partition("://")[0] not in SCHEMES_IN_PUBLIC


def read_app(folder: Path) -> App | None:
    """``None`` where there is no such file. Raises `ConfigurationError`."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return App.model_validate(read_toml(path))
    except ValidationError as error:
        told = explained(path, error)
        if told.key.endswith("_env"):  # it may be the secret itself
            fix = "keep it in an environment variable and name that"
            raise wrong(str(path), told.key, "is no variable's name", fix) from None
        raise told from None


def read_keys(app: App, folder: Path) -> tuple[str, ...]:
    """The Fernet keys, the newest first. Raises `ConfigurationError`."""
    file, key = str(folder / FILE), "token_keys_env"
    if bool(app.token_keys_env) == bool(app.token_keys_file):
        fix = "name token_keys_env or token_keys_file, one of them"
        raise wrong(file, key, "is missing, or has a file beside it", fix)
    said = os.environ.get(app.token_keys_env, "") if app.token_keys_env else ""
    if app.token_keys_file:
        try:
            said = Path(app.token_keys_file).read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            problem = f"cannot be read ({type(error).__name__})"
            raise wrong(file, "token_keys_file", problem, _KEY) from None
    keys = tuple(said.replace(",", " ").split())
    try:
        _ = [Fernet(one) for one in keys]
    except ValueError:
        raise wrong(file, key, "holds what is no Fernet key", _KEY) from None
    if not keys:
        raise wrong(file, key, "holds no key", _KEY)
    return keys
