"""The page on places, actions and words is true: its files are read, its table is whole."""

import re
from pathlib import Path

from saccade.campaigns import read_campaigns
from saccade.domain import Moment, Op
from saccade.templates import TEMPLATES
from saccade.tenants import read_tenant

PAGE = (Path(__file__).parents[2] / "docs" / "campaigns.md").read_text("utf-8")
HEAD = """
name = "shop"
platform = "sap_occ"
upstream = { url = "https://occ.example.test/" }
site.currency = "EUR"
"""


def test_its_files_can_be_used_as_they_stand(tmp_path: Path) -> None:
    places, campaigns = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "tenant.toml").write_text(HEAD + places, "utf-8")
    (tmp_path / "campaigns.toml").write_text(campaigns, "utf-8")
    tenant = read_tenant(tmp_path)
    assert tenant.signals["add_to_cart"].selector == tenant.slots["cta"].selector
    (campaign,) = read_campaigns(tmp_path, tenant, {Moment.PRODUCT: frozenset(Op)}).all
    texts = campaign.wordings(tenant).of("de-AT", "USD") or ()
    assert [one.text for one in texts if one.text] == [
        "Heute 22,00\u00a0$ weniger mit dem Code WELCOME"
    ]


def test_it_names_every_template() -> None:  # R84
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(rows) == 13
    older = TEMPLATES.keys() - set(rows)
    assert len(older) == 4
    assert all(f"`{name}`" in PAGE for name in older)
