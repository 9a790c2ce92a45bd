"""``saccade shopify``: the keys of its shops' tokens."""

import contextlib

from rich.console import Console
from rich.progress import track

from saccade_server.settings import SettingError, Settings
from saccade_shopify.app import FILE, read_app, read_keys
from saccade_shopify.settings import wrong
from saccade_shopify.vault import Vault, VaultError


def rotate_keys(settings: Settings) -> None:
    """Encrypt all anew, while the server runs too. Raises configuration errors."""
    app = read_app(settings.config)
    if app is None:
        raise SettingError(
            "SACCADE_CONFIG",
            repr(str(settings.config)),
            f"holds no {FILE}",
            "name the folder of the app and its tenants with --config",
        )
    console = Console()
    with contextlib.closing(Vault(settings.records_url, read_keys(app, settings.config))) as vault:
        count = len(vault.names())
        try:
            for _ in track(vault.rotate(), "encrypting", total=count, console=console):
                pass
        except VaultError as error:
            raise wrong(FILE, "token_keys_env", error.problem, error.fix) from None
    console.print(f"{count} shops' tokens are encrypted by the newest key; the others may go.")
