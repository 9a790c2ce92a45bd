"""``/tracker.js``: one file for every page of a site, cached by whoever stands between."""

from http import HTTPStatus

from aiohttp import web

from saccade_server.edge import Handler
from saccade_server.house import HOUSE
from saccade_server.problems import Kind, Problem, answer
from saccade_server.script import Script, script
from saccade_server.sites import Site

ROUTE = "/tracker.js"
CACHED = "public, max-age=300, stale-while-revalidate=86400"


def serve_tracker(tracker: bytes) -> Handler:
    """With its site's settings; alone where no site is named and none is the only one."""
    bare = script(tracker, None)
    made: dict[str, tuple[Site, Script]] = {}

    def of(site: Site) -> Script:
        """Made once for each site, and anew when a reload has put another in its place."""
        known, found = made.get(site.name, (None, bare))
        if known is not site:
            found = script(tracker, site.tenant)
            made[site.name] = site, found
        return found

    async def get_tracker(request: web.Request) -> web.StreamResponse:
        sites = request.app[HOUSE].sites
        key = request.query.get("site")
        try:
            chosen = of(sites.named(key)) if key or sites.only_open else bare
        except Problem as problem:
            request.app[HOUSE].metrics.rejected(ROUTE, Kind.SITE)
            return answer(problem)
        return _answer(request, chosen)

    return get_tracker


def _answer(request: web.Request, chosen: Script) -> web.Response:
    compressed = _takes_gzip(request.headers.get("Accept-Encoding", ""))
    tag = chosen.gzip_tag if compressed else chosen.plain_tag
    headers = {
        "ETag": tag,
        "Cache-Control": CACHED,
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if _known(request.headers.get("If-None-Match", ""), tag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=chosen.gzipped if compressed else chosen.plain,
        content_type="text/javascript",
        charset="utf-8",
        headers=headers,
    )


def _takes_gzip(accepted: str) -> bool:
    codings = {part.replace(" ", "").lower() for part in accepted.split(",")}
    return any(
        coding.partition(";q=")[0] in {"gzip", "*"} and not coding.endswith((";q=0", ";q=0.0"))
        for coding in codings
    )


def _known(sent: str, tag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison, and a cache on the way may have made the tag weak."""
    tags = {part.strip().removeprefix("W/") for part in sent.split(",")}
    return tag in tags or "*" in tags
