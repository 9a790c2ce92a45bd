"""Settings as a merchant writes them: read strictly, each error names file, key and fix."""

from pathlib import Path

import pytest

from making import tenant
from saccade.campaigns import Campaigns, read_campaigns
from saccade.domain import Moment, Op
from saccade.tenants import ConfigurationError, read_tenant, read_tenants

EVERYTHING = {Moment.PRODUCT: frozenset(Op)}

GOOD_TENANT = """
name = "shop"
platform = "sap_occ"
[upstream]
url = "https://occ.example.test/"
[slots.cta]
moment = "product"
"""

GOOD_CAMPAIGN = """
[[campaign]]
id = "battery-fear"
moment = "product"
slot = "battery-guarantee"
template = "reassure"
modes = ["hesitating"]
caps = { per_session = 3 }
[campaign.parameters]
topic = "battery"
cta = "Add to cart — 30-day battery guarantee"
"""


def campaigns(folder: Path, text: str, **shop: object) -> Campaigns:
    (folder / "campaigns.toml").write_text(text, "utf-8")
    return read_campaigns(folder, tenant().model_copy(update=shop), EVERYTHING)


def complaint(folder: Path, text: str, **shop: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        campaigns(folder, text, **shop)
    assert "\n" not in str(caught.value)
    assert "Fix: " in str(caught.value)
    return caught.value


def test_a_good_file_is_read_and_versioned_by_content(tmp_path: Path) -> None:
    first = campaigns(tmp_path, GOOD_CAMPAIGN)
    again = campaigns(tmp_path, GOOD_CAMPAIGN + "\n# a comment\n")
    other = campaigns(tmp_path, GOOD_CAMPAIGN.replace("per_session = 3", "per_session = 4"))
    assert [campaign.id for campaign in first.all] == ["battery-fear"]
    assert first.version == again.version != other.version


def test_no_file_means_no_campaigns(tmp_path: Path) -> None:
    assert read_campaigns(tmp_path, tenant(), EVERYTHING).all == ()


@pytest.mark.parametrize(
    ("find", "replace", "key"),
    [
        ('template = "reassure"', 'template = "magic"', "campaign.0.template"),
        ('slot = "battery-guarantee"', 'slot = "attic"', "campaign.0.slot"),
        ('slot = "battery-guarantee"', 'slot = "Not A Name"', "campaign.0.slot"),
        ('modes = ["hesitating"]', 'modes = ["bored"]', "campaign.0.modes.0"),
        ("per_session = 3", "per_session = 0", "campaign.0.caps.per_session"),
        ("per_session = 3", "per_fortnight = 3", "campaign.0.caps.per_fortnight"),
        ('topic = "battery"', "topic = 7", "campaign.0.parameters.topic"),
        ('topic = "battery"', "", "campaign.0.parameters.topic"),
        ('topic = "battery"', 'topic = "battery"\nreviews = 0', "campaign.0.parameters.reviews"),
        ('moment = "product"', 'moment = "cart"', "campaign.0.slot"),
        ("[[campaign]]", "[[campaign]]\npirority = 2", "campaign.0.pirority"),
        ("[[campaign]]", "[[campaign", "file"),
    ],
)
def test_each_mistake_names_its_key(tmp_path: Path, find: str, replace: str, key: str) -> None:
    assert complaint(tmp_path, GOOD_CAMPAIGN.replace(find, replace, 1)).key == key


def test_one_id_twice_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path, GOOD_CAMPAIGN * 2).key == "campaign.1.id"


def test_an_operation_the_slot_forbids_is_refused(tmp_path: Path) -> None:
    slots = tenant().slots
    cta = slots["cta"].model_copy(update={"operations": (Op.SHOW,)})
    error = complaint(tmp_path, GOOD_CAMPAIGN, slots={**slots, "cta": cta})
    assert "set_text" in error.problem
    assert "cta" in error.problem


def test_an_operation_the_adapter_cannot_carry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "campaigns.toml").write_text(GOOD_CAMPAIGN, "utf-8")
    with pytest.raises(ConfigurationError, match="move cannot be carried"):
        read_campaigns(tmp_path, tenant(), {Moment.PRODUCT: frozenset({Op.SHOW})})


def shop(folder: Path, text: str, name: str = "shop") -> Path:
    (folder / name).mkdir()
    (folder / name / "tenant.toml").write_text(text, "utf-8")
    return folder / name


def test_a_good_tenant(tmp_path: Path) -> None:
    read = read_tenant(shop(tmp_path, GOOD_TENANT))
    assert read.upstream.base == "https://occ.example.test"
    assert not read.upstream.allow_private
    assert read.consent.basis == "opt_in"
    assert read.decisioning.phase == "shadow"  # a new shop shows nothing until it is switched on


@pytest.mark.parametrize(
    ("find", "replace", "key"),
    [
        ('name = "shop"', 'name = "Shop!"', "name"),
        ('name = "shop"', "", "name"),
        ('"https://occ.example.test/"', '"not a url"', "upstream.url"),
        ('"https://occ.example.test/"', '"ftp://occ.example.test"', "upstream.url"),
        ("[upstream]", "[upstream]\nurll = 1", "upstream.urll"),
        ('moment = "product"', 'moment = "moon"', "slots.cta.moment"),
        ('platform = "sap_occ"', 'platform = "sap_occ"\nsecret = "x"', "secret"),
    ],
)
def test_each_mistake_of_a_tenant_names_its_key(
    tmp_path: Path, find: str, replace: str, key: str
) -> None:
    folder = shop(tmp_path, GOOD_TENANT.replace(find, replace, 1))
    with pytest.raises(ConfigurationError) as caught:
        read_tenant(folder)
    assert caught.value.key == key
    assert str(folder / "tenant.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_called_as_its_tenant(tmp_path: Path) -> None:
    shop(tmp_path, GOOD_TENANT, "another")
    with pytest.raises(ConfigurationError, match="call it 'another'"):
        read_tenants(tmp_path)
