"""F20: which platform gives no answers is for whoever runs the server to see."""

from server.shopfront import Serve


async def test_readiness_says_which_platform_gives_no_answers(serve: Serve) -> None:
    shop = await serve()
    why = Exception("the platform's certificate is not accepted")
    shop.house.outages.failed("lab", why)
    shop.house.outages.failed("served no more", why)
    told = await (await shop.get("/readyz")).json()
    assert "platform" in told["degraded"]
    assert told["platforms"] == {"lab": str(why)}
    shop.house.outages.answered("lab")
    told = await (await shop.get("/readyz")).json()
    assert "platform" not in told["degraded"]
    assert "platforms" not in told
