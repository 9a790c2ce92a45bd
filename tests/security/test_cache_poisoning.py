"""Cache poisoning: what carries an experience is kept by no cache, and only an uncached GET does.

`tests/faults/test_leak.py` does it with a hundred thousand calls; here each part is proved alone.
"""

from pathlib import Path

import pytest

from faults import upstream as up
from faults.nginx import nginx
from faults.page import PRODUCT, SHOPPER, page_path
from faults.upstream import Script
from faults.wire import call, exchange, request
from saccade_gateway import headers
from saccade_gateway.headers import RawHeaders, downstream
from security.controls import Attack, proves

PUBLIC = (b"Cache-Control", b"public, max-age=60")
BODY = b'{"code":"816324"}'

CACHE = """
  proxy_cache_path %s levels=1:2 keys_zone=pages:1m;
  server {
    listen 127.0.0.1:@PORT@;
    location / {
      proxy_pass http://127.0.0.1:%d;
      proxy_cache pages;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 1m;
      proxy_ignore_headers Vary;
      add_header X-Cache $upstream_cache_status;
    }
  }
"""


def impersonal(headers: RawHeaders, named: frozenset[bytes]) -> list[bytes]:
    """`headers.personal` that leaves the platform's rules as they are."""
    return downstream(headers, named)


async def test_a_decision_is_not_kept_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real cache that keeps what it may: the one who comes next has no session at all."""
    turns = iter(range(9))

    async def run() -> bool:
        folder = tmp_path / str(next(turns))
        folder.mkdir()
        async with page_path(up.json(BODY, PUBLIC)) as page:
            with nginx(folder, CACHE % (folder / "cache", page.port)) as cache:
                assert b"saccade" in (await call(cache, PRODUCT, SHOPPER)).body
                return b"saccade" in (await call(cache, PRODUCT)).body

    await proves(monkeypatch, run, ("saccade_gateway.answer.personal", impersonal))


async def test_a_page_without_a_decision_stays_cacheable(tmp_path: Path) -> None:
    async with page_path(up.json(BODY, PUBLIC)) as page:
        with nginx(tmp_path, CACHE % (tmp_path / "cache", page.port)) as cache:
            told = [(await call(cache, PRODUCT)).value(b"x-cache") for _ in range(2)]
    assert told == [b"MISS", b"HIT"]


def decorated(script: Script, *headers: tuple[str, str], method: str = "GET") -> Attack:
    """Whether our key gets into an answer where it has no place."""

    async def run() -> bool:
        async with page_path(script) as page:
            answer = await exchange(
                page.port, request(PRODUCT, SHOPPER, *headers, method=method), method=method
            )
            return b"saccade" in answer.body

    return run


def anything(*_: object) -> bool:
    """`collecting.can_carry` without a check."""
    return True


@pytest.mark.parametrize("status", [b"404 Not Found", b"203 Non-Authoritative", b"500 Oops"])
async def test_only_a_200_is_decorated(status: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    await proves(
        monkeypatch,
        decorated(up.json(BODY, PUBLIC, status=status)),
        ("saccade_gateway.exchange.can_carry", anything),
    )


@pytest.mark.parametrize("kind", [b"text/html", b"application/jsonp", b"text/javascript"])
async def test_only_json_is_decorated(kind: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    await proves(
        monkeypatch,
        decorated(up.answer(BODY, (b"Content-Type", kind))),
        ("saccade_gateway.exchange.can_carry", anything),
    )


OF_THE_OLD_BODY = {
    "ETag": b'"of the platform"',
    "Last-Modified": b"Sat, 21 Nov 2026 08:00:00 GMT",
    "Expires": b"Fri, 31 Dec 2100 23:59:59 GMT",
    "Age": b"3",
    "Pragma": b"public",
    "Accept-Ranges": b"bytes",
    "Content-MD5": b"Q2hlY2sgSW50ZWdyaXR5IQ==",
    "Digest": b"sha-256=AAAA",
    "Content-Digest": b"sha-256=:AAAA:",
    "Repr-Digest": b"sha-256=:AAAA:",
    "Surrogate-Control": b"max-age=60",
    "X-Accel-Expires": b"60",
}


@pytest.mark.parametrize("name", OF_THE_OLD_BODY)
async def test_what_was_said_of_the_old_body_is_dropped(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Validators kept, a browser would be told 304 and show a decision of long ago."""

    async def run() -> bool:
        said = (name.encode(), OF_THE_OLD_BODY[name])
        async with page_path(up.json(BODY, PUBLIC, said)) as page:
            answer = await page.get()
            assert b"saccade" in answer.body
            return answer.value(name.lower().encode()) is not None

    passing = headers._NOT_DOWNSTREAM
    await proves(monkeypatch, run, ("saccade_gateway.headers._NOT_WITH_AN_EXPERIENCE", passing))


@pytest.mark.parametrize("name", ["Cache-Control", "CDN-Cache-Control", "X-Own-Cache-Control"])
async def test_no_rule_of_the_platforms_keeps_a_decision(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of the rules for all caches nor of those for one kind (RFC 9213)."""

    async def run() -> bool:
        async with page_path(up.json(BODY, (name.encode(), b"public, max-age=60"))) as page:
            answer = await page.get()
            assert b"saccade" in answer.body
            return any(b"public" in value for value in answer.values(name.lower().encode()))

    await proves(monkeypatch, run, ("saccade_gateway.answer.personal", impersonal))
