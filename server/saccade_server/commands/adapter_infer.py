"""``saccade adapter infer``: a tenant's mapping proposed from what is known of its platform."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from saccade.domain import EventKind
from saccade.tenants import ConfigurationError, Tenant, explained
from saccade_generic_rest.inferring import NothingFoundError, propose
from saccade_generic_rest.inferring_exchanges import Evidence, joined, of_samples
from saccade_generic_rest.inferring_openapi import of_openapi
from saccade_generic_rest.inferring_proposal import Proposal
from saccade_generic_rest.inferring_samples import Recording, recorded
from saccade_generic_rest.inferring_samples_toml import written as samples_written
from saccade_generic_rest.inferring_toml import written
from saccade_generic_rest.reading import checked
from saccade_server.commands.adapter_infer_asking import ask
from saccade_server.commands.tenant import CAMPAIGNS, TENANT, site_key
from saccade_server.settings import SettingError

ADAPTER = "generic_rest"
MAPPING = "mapping.toml"
SAMPLES = "samples.toml"
_COLUMNS = ("key", "proposed", "confidence", "fits nearly as well")
_SETTINGS = f'\n[adapter]\nmapping = "./{MAPPING}"\n'


def run(
    config: Path, name: str, openapi: Path | None, samples: Sequence[Path], url: str, *, yes: bool
) -> int:
    """Write the tenant's folder, then certify it. Raises configuration errors."""
    console = Console(soft_wrap=True, highlight=False)
    folder = config / name
    if folder.exists():
        raise SettingError("NAME", repr(name), "is a tenant already", f"edit {folder / MAPPING}")
    evidence = _evidence(openapi, samples)
    base = url or evidence.url
    if not urlsplit(base).netloc:
        fix = "name the platform's base URL, such as --url https://shop.example"
        raise SettingError("--url", repr(base), "is no URL", fix)
    proposal = _proposed(evidence, openapi or samples[0])
    private = _checked(name, base)
    console.print(_table(proposal))
    if not yes:
        ask(console, proposal)
    text = written(proposal)
    found = recorded(checked(MAPPING, tomllib.loads(text)), evidence)
    _write(folder, name, base, (text, samples_written(found)), private=private)
    doubts = sum(guess.doubtful for guess in proposal.guesses)
    marked = f", {doubts} doubt{'s' * (doubts > 1)} marked in it" if doubts else ""
    console.print(f"written: {folder / MAPPING}{marked}")
    return _certified(console, folder, found)


def _evidence(openapi: Path | None, samples: Sequence[Path]) -> Evidence:
    if openapi is None and not samples:
        fix = "name the platform's OpenAPI document, recorded calls, or both"
        raise SettingError("--openapi", "", "or --sample is wanted", fix)
    if openapi is None:
        return of_samples(samples)
    described = of_openapi(openapi)
    return joined(described, of_samples(samples)) if samples else described


def _proposed(evidence: Evidence, file: Path) -> Proposal:
    try:
        return propose(evidence)
    except NothingFoundError as error:
        fix = "record a call that lists products, and one that answers with a product (--sample)"
        raise ConfigurationError(str(file), "calls", str(error), fix) from None


def _table(proposal: Proposal) -> Table:
    table = Table(*(Column(name, overflow="fold", no_wrap=name == "key") for name in _COLUMNS))
    for guess in proposal.guesses:
        colour = "yellow" if guess.doubtful else "green"
        sure = f"[{colour}]{guess.confidence:.0%}[/]"
        cells = (guess.key, guess.value or "(nothing)", ", ".join(guess.others))
        key, value, others = map(escape, cells)
        table.add_row(key, value, sure, others)
    return table


def _checked(name: str, url: str) -> bool:
    """Whether the platform is on this machine. Raises `ConfigurationError`."""
    private = urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
    upstream = {"url": url, "allow_private": private}
    try:
        Tenant.model_validate({"name": name, "platform": ADAPTER, "upstream": upstream})
    except ValidationError as error:
        raise explained("saccade adapter infer", error) from None
    return private


def _write(folder: Path, name: str, url: str, texts: tuple[str, str], *, private: bool) -> None:
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
    for file, text in zip((MAPPING, SAMPLES), texts, strict=True):
        (folder / file).write_text(text, "utf-8")


def _certified(console: Console, folder: Path, found: Recording) -> int:
    """The certificate's exit code; 1 where there is nothing to certify with."""
    from saccade_server.commands import certify  # noqa: PLC0415 - loads the whole conformance kit

    console.print(f"written: {folder / SAMPLES}, what the calls say as the mapping reads them:")
    for line in _read(found):
        console.print(f"  {escape(line)}")
    code = 1
    if found.pages and found.shop is not None:
        code = certify.run(ADAPTER, folder, as_json=False)
    else:
        console.print(f"{ADAPTER}: [red]not certified[/]: no product's real answer is known")
    for lack in found.lacks:
        console.print(f"[yellow]wanted[/]: {escape(lack)}")
    if code:
        console.print(
            f"next: record what is wanted and infer anew (remove {folder} first), or correct "
            f"{folder / MAPPING} and {folder / SAMPLES} and run: "
            f"saccade certify {ADAPTER} --tenant {folder}"
        )
    return code


def _read(found: Recording) -> Iterator[str]:
    """For somebody who knows the shop to look at."""
    for one in found.shop[0].products if found.shop else ():
        stock = {True: "in stock", False: "sold out", None: "stock unknown"}[one.in_stock]
        price = "no price" if one.price is None else f"{one.price} {one.currency or ''}".strip()
        yield f"product {one.id}: {one.name}, {price}, {stock}, in {list(one.categories)}"
    for said in (event for seen in found.seen for event in seen.says):
        if said.kind is EventKind.ORDER_PLACED:
            yield f"order {said.reference}: {said.value or 'no value'} {said.currency or ''}"
