"""Amounts as people write them: the same as the browser's own (R90)."""

import pytest
from playwright.async_api import Browser

from saccade.money import LANGUAGES, chain, formatted

AMOUNTS = ("0.50", "5", "49.9", "1234.50", "12345.50", "1234567.00")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "CAD", "PLN", "SEK", "NOK", "DKK", "CZK", "JPY")

ASK = """([languages, currencies, amounts, symbols]) => Object.fromEntries(
  languages.flatMap((language) => currencies.flatMap((currency) => amounts.map((amount) => [
    `${language} ${currency} ${amount}`,
    new Intl.NumberFormat(language, { style: "currency", currency,
      currencyDisplay: symbols.includes(`${language} ${currency}`) ? "narrowSymbol" : "code",
    }).format(amount),
  ]))))"""

SYMBOLS = [
    *(f"{language} {money}" for language in LANGUAGES for money in ("EUR", "USD", "GBP")),
    *("pl PLN", "sv SEK", "nb NOK", "da DKK", "cs CZK"),
]
"""Where we write a symbol; the code elsewhere."""


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_amounts_are_written_as_chromium_writes_them(browser: Browser) -> None:  # R90
    page = await browser.new_page()
    given = [list(LANGUAGES), list(CURRENCIES), list(AMOUNTS), SYMBOLS]
    theirs = await page.evaluate(ASK, given)
    await page.close()
    ours = {
        f"{language} {currency} {amount}": formatted(amount, currency, language)
        for language in LANGUAGES
        for currency in CURRENCIES
        for amount in AMOUNTS
    }
    assert len(ours) == len(LANGUAGES) * 66
    assert {key: (ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]} == {}


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("de", "1.234,50\u00a0€"),
        ("de-AT", "€\u00a01.234,50"),
        ("de_AT", "€\u00a01.234,50"),
        ("de-LU", "1.234,50\u00a0€"),
        ("en-GB", "€1,234.50"),
        ("xx", "EUR\u00a01,234.50"),
    ],
)
def test_a_language_falls_back_to_what_it_is_a_kind_of(language: str, written: str) -> None:
    assert formatted("1234.5", "EUR", language) == written


def test_the_chain_of_a_tag() -> None:
    assert chain("zh-Hant-TW") == ("zh-hant-tw", "zh-hant", "zh")
