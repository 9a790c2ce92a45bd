"""``saccade adapter infer``: a tenant's mapping proposed from what is known of its platform."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saccade.tenants import Tenant, explained
from saccade_generic_rest.inferring import Guess, NothingFoundError, Proposal, propose
from saccade_generic_rest.inferring_exchanges import Evidence, of_openapi, of_samples
from saccade_generic_rest.inferring_toml import written
from saccade_generic_rest.reading import checked
from saccade_server.commands.tenant import CAMPAIGNS, TENANT, site_key
from saccade_server.settings import SettingError

ADAPTER = "generic_rest"
MAPPING = "mapping.toml"
SAMPLES = "samples.toml"
_SETTINGS = f'\n[adapter]\nmapping = "./{MAPPING}"\n'


def run(
    config: Path, name: str, openapi: Path | None, samples: Sequence[Path], url: str, *, yes: bool
) -> int:
    """Write the tenant's folder, then certify it. Raises configuration errors."""
    console = Console(soft_wrap=True, highlight=False)
    folder = config / name
    if folder.exists():
        raise SettingError("NAME", repr(name), "is a tenant already", f"edit {folder / MAPPING}")
    if (openapi is None) == (not samples):
        raise SettingError("--openapi", "", "or --sample is wanted", "name one of them")
    evidence = of_samples(samples) if openapi is None else of_openapi(openapi)
    base = url or evidence.url
    if not urlsplit(base).netloc:
        raise SettingError("--url", repr(base), "is no URL", "name the platform's base URL")
    proposal = _proposed(evidence)
    private = _checked(name, base)
    console.print(_table(proposal))
    if not yes:
        _ask(proposal)
    text = written(proposal)
    checked(MAPPING, tomllib.loads(text))
    _write(folder, name, base, text, private=private)
    doubts = sum(guess.doubtful for guess in proposal.guesses)
    marked = f", {doubts} doubts marked in it" if doubts else ""
    console.print(f"written: {folder / MAPPING}{marked}")
    return _certified(console, folder)


def _proposed(evidence: Evidence) -> Proposal:
    try:
        return propose(evidence)
    except NothingFoundError as error:
        fix = "show a call that lists products, and one that answers with a product"
        raise SettingError("--sample", "", str(error), fix) from None


def _table(proposal: Proposal) -> Table:
    table = Table("key", "proposed", "confidence", "fits nearly as well")
    for guess in proposal.guesses:
        colour = "yellow" if guess.doubtful else "green"
        sure = f"[{colour}]{guess.confidence:.0%}[/]"
        cells = (guess.key, guess.value or "(nothing)", ", ".join(guess.others))
        key, value, others = map(escape, cells)
        table.add_row(key, value, sure, others)
    return table


def _ask(proposal: Proposal) -> None:
    """About the doubts alone; Return takes the best guess."""
    for guess in [one for one in proposal.guesses if one.doubtful]:
        proposal.replace(guess.key, typer.prompt(_question(guess), default=guess.value))


def _question(guess: Guess) -> str:
    others = f" (or {', '.join(guess.others)})" if guess.others else ""
    return f"{guess.key}, {guess.confidence:.0%} sure{others}"


def _checked(name: str, url: str) -> bool:
    """Whether the platform is on this machine. Raises `ConfigurationError`."""
    private = urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
    upstream = {"url": url, "allow_private": private}
    try:
        Tenant.model_validate({"name": name, "platform": ADAPTER, "upstream": upstream})
    except ValidationError as error:
        raise explained("saccade adapter infer", error) from None
    return private


def _write(folder: Path, name: str, url: str, text: str, *, private: bool) -> None:
    tenant = TENANT.format(
        name=json.dumps(name),
        platform=json.dumps(ADAPTER),
        site="",
        url=json.dumps(url),
        key=site_key(),
    )
    if private:
        tenant = tenant.replace("# allow_private = true", "allow_private = true")
    folder.mkdir(parents=True)
    (folder / "tenant.toml").write_text(tenant + _SETTINGS, "utf-8")
    (folder / "campaigns.toml").write_text(CAMPAIGNS, "utf-8")
    (folder / MAPPING).write_text(text, "utf-8")


def _certified(console: Console, folder: Path) -> int:
    """The certificate's exit code, where calls to certify it by are recorded beside the mapping."""
    from saccade_server.commands import certify  # noqa: PLC0415 - loads the whole conformance kit

    if not (folder / SAMPLES).exists():
        console.print(
            f"next: correct what is doubtful, record {folder / SAMPLES}, then: "
            f"saccade certify {ADAPTER} --tenant {folder}"
        )
        return 0
    return certify.run(ADAPTER, folder, as_json=False)
