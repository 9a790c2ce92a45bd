"""An OCC of a few answers on a real socket, in a thread: the program has a loop of its own."""

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ORIGIN = "https://www.shop.example"
SITE = "/occ/v2/electronics"
PRODUCT = {"code": "816324", "name": "Laptop"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One of them."""

    body: object = None
    status: int = 200
    kind: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    after_s: float = 0.0


def healthy() -> dict[str, Answer]:
    """By method and path, without the query."""
    return {
        "GET /occ/v2/basesites": Answer(
            {"baseSites": [{"uid": "electronics"}, {"uid": "apparel"}]}
        ),
        f"GET {SITE}/products/search": Answer(
            {"products": [PRODUCT], "pagination": {"totalPages": 1}}
        ),
        f"GET {SITE}/products/816324": Answer(PRODUCT),
        f"GET {SITE}/users/anonymous/consenttemplates": Answer(
            {"consentTemplates": [{"id": "PROFILE", "version": 0}]}
        ),
        f"OPTIONS {SITE}/products/search": Answer(),
        "POST /authorizationserver/oauth/token": Answer(
            {"access_token": "t0ken", "token_type": "bearer", "expires_in": 3600}
        ),
    }


@dataclass(slots=True)
class Platform:
    """Change what it answers, then ask."""

    answers: dict[str, Answer] = field(default_factory=healthy)
    prefix: str = ""
    """Stands before every path of its own."""
    clock_s: float = 0.0
    """Of its clock before this machine's."""
    allowed: str = "x-anonymous-consents"
    exposed: str = "x-anonymous-consents"
    admits: tuple[str, ...] = (ORIGIN,)
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Base URL."""
        return f"{self.scheme}://127.0.0.1:{self.port}{self.prefix}"

    def answer(self, method: str, path: str) -> Answer:
        """To one call; Tomcat's page of HTML where there is nothing."""
        nothing = Answer("<html>HTTP Status 404</html>", 404, "text/html")
        if not path.startswith(self.prefix):
            return nothing
        return self.answers.get(f"{method} {path.removeprefix(self.prefix)}", nothing)

    @contextlib.contextmanager
    def listening(self, tls: ssl.SSLContext | None = None) -> Generator[None]:
        """On a free port, until the block ends."""
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                _send(platform, self)

            do_POST = do_OPTIONS = do_GET  # noqa: N815 - their names there

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """A caller that refused our certificate is no news."""

        with Server(("127.0.0.1", 0), Handler) as server:
            if tls is not None:
                server.socket = tls.wrap_socket(server.socket, server_side=True)
                self.scheme = "https"
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def _send(platform: Platform, call: BaseHTTPRequestHandler) -> None:
    answer = platform.answer(call.command, call.path.partition("?")[0])
    time.sleep(answer.after_s)
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    call.send_response_only(answer.status)
    call.send_header("Date", formatdate(time.time() + platform.clock_s, usegmt=True))
    call.send_header("Content-Type", answer.kind)
    call.send_header("Content-Length", str(len(text)))
    if (origin := call.headers.get("Origin")) in platform.admits:
        call.send_header("Access-Control-Allow-Origin", origin)
        call.send_header("Access-Control-Allow-Headers", platform.allowed)
        call.send_header("Access-Control-Expose-Headers", platform.exposed)
    for name, value in answer.headers:
        call.send_header(name, value)
    call.end_headers()
    call.wfile.write(text.encode())
