"""The mapping adapter keeps the contract every adapter keeps, however deliveries are signed (R35).

The whole certificate, chaos included, is `adapters.test_certified`'s; here are the ports, for the
shop of the adapter's own example and every way its webhooks may be signed.
"""

from pathlib import Path

import pytest

import saccade_generic_rest
from saccade.strict import ConfigurationError
from saccade.tenants import Tenant
from saccade.testing import PORT_CHECKS, Subject, certify
from saccade.testing.checks import Outcome
from saccade_generic_rest import factory
from saccade_generic_rest.samples import samples

EXAMPLE = Path(saccade_generic_rest.__file__).parent / "example"
STANDARD = '{ kind = "standard", secret_env = "CERTIFIED_WEBHOOKS" }'

HMAC = 'kind = "hmac", header = "X-Sig"'
NAMED = 'secret_env = "CERTIFIED_WEBHOOKS"'
TIMED = 'time_header = "X-Time", prefix = "v0=", signed_prefix = "v0:", separator = ":"'
BEARER = 'kind = "header", header = "Authorization", prefix = "Bearer "'

SIGNATURES = {
    "standard": (STANDARD, set[str]()),
    "hex": (f'{{ {HMAC}, prefix = "sha256=", {NAMED} }}', set[str]()),
    "base64": (f'{{ {HMAC}, encoding = "base64", algorithm = "sha512", {NAMED} }}', set[str]()),
    "with its time": (f"{{ {HMAC}, {TIMED}, {NAMED} }}", set[str]()),
    "timestamped": (f'{{ kind = "timestamped", header = "X-Sig", {NAMED} }}', set[str]()),
    "a header": (f"{{ {BEARER}, {NAMED} }}", {"delivery.forged"}),
    "nothing": (
        '{ kind = "none" }',
        {"delivery.unsigned", "delivery.forged", "tenants.deliveries"},
    ),
}
"""Each with the checks that such a platform cannot keep."""


def shop(folder: Path, signature: str) -> Tenant:
    """The example's, its webhooks signed so."""
    text = (EXAMPLE / "mapping.toml").read_text("utf-8")
    assert STANDARD in text
    (folder / "mapping.toml").write_text(text.replace(STANDARD, signature), "utf-8")
    recorded = (EXAMPLE / "samples.toml").read_text("utf-8")
    (folder / "samples.toml").write_text(recorded, "utf-8")
    return Tenant.model_validate(
        {
            "name": "lab",
            "platform": factory.name,
            "upstream": {"url": "https://shop.example"},
            "adapter": {"mapping": str(folder / "mapping.toml")},
        }
    )


@pytest.mark.parametrize("name", SIGNATURES)
async def test_the_contract_is_kept(tmp_path: Path, name: str) -> None:
    signature, exempt = SIGNATURES[name]
    found = await certify(Subject(factory, samples, shop(tmp_path, signature)), PORT_CHECKS)
    broken = [one for one in found.results if one.outcome is Outcome.BROKEN]
    assert broken == []
    assert {one.id for one in found.results if one.outcome is Outcome.EXEMPT} == exempt
    assert found.passed


async def test_no_webhooks_at_all_are_exempt_and_still_refused(tmp_path: Path) -> None:
    tenant = shop(tmp_path, STANDARD)
    path = tmp_path / "mapping.toml"
    path.write_text(path.read_text("utf-8").partition("[events]")[0], "utf-8")
    found = await certify(Subject(factory, samples, tenant), PORT_CHECKS)
    assert found.passed
    outcomes = {one.id: one.outcome for one in found.results}
    assert outcomes["delivery.unsigned"] is Outcome.KEPT
    assert outcomes["delivery.authentic"] is Outcome.EXEMPT


def test_a_mapping_without_samples_says_what_is_missing(tmp_path: Path) -> None:
    tenant = shop(tmp_path, STANDARD)
    (tmp_path / "samples.toml").unlink()
    with pytest.raises(ConfigurationError, match=r"samples\.toml: file: does not exist"):
        samples(tenant)
