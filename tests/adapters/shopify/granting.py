"""Shopify's token endpoint as its documents have it: pairs rotate, and the former refresh token is
good until the new pair is used."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from adapters.shopify import making_shopify as making


@dataclass
class Granting:
    """Of one shop. ``lose`` says for a request whether its answer is lost on the way."""

    clock: Callable[[], float]
    life_s: int = 3_600
    lose: Callable[[int], bool] = lambda _: False
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    made: int = 0
    good: set[str] = field(default_factory=set[str])
    """Refresh tokens that are taken."""
    replaces: dict[str, str] = field(default_factory=dict[str, str])
    """The refresh token a new pair takes the place of, once it is used."""

    def used(self, access: str) -> None:
        """A call came with this token: the refresh token before it is void."""
        self._void_before(access.replace("access", "refresh"))

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/admin/oauth/access_token"
        said = json.loads(request.content)
        self.asked.append(said)
        if (said["client_id"], said["client_secret"]) != (making.CLIENT_ID, making.SECRET):
            return httpx.Response(401, json={"error": "invalid_client"})
        if said.get("grant_type") == "refresh_token":
            if said["refresh_token"] not in self.good:
                return httpx.Response(400, json={"error": "invalid_grant"})
            self._void_before(said["refresh_token"])
        elif said["expiring"] != "1":
            return httpx.Response(400, json={"error": "invalid_request"})
        elif said.get("subject_token", "good") != "good":
            return httpx.Response(400, json={"error": "invalid_subject_token"})
        self.made += 1
        refresh = f"refresh-{self.made}"
        self.good.add(refresh)
        if "refresh_token" in said:
            self.replaces[refresh] = said["refresh_token"]
        if self.lose(len(self.asked)):
            raise httpx.ReadTimeout("lost", request=request)
        pair = {
            "access_token": f"access-{self.made}",
            "scope": "read_products",
            "expires_in": self.life_s,
            "refresh_token": refresh,
            "refresh_token_expires_in": 7_776_000,
        }
        return httpx.Response(200, json=pair)

    def _void_before(self, refresh: str) -> None:
        former = self.replaces.pop(refresh, None)
        if former is not None:
            self.good.discard(former)
