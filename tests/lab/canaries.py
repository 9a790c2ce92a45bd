"""Two people with strings nobody else has, and where of all that is kept one of them is found."""

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from redis import Redis
from sqlalchemy import create_engine, inspect, text

from saccade.domain import JsonObject


@dataclass
class Person:
    """A customer of the shop. All of it was made up here."""

    name: str
    email: str
    phone: str
    street: str
    customer: int
    order: int
    cart: str
    checkout: str
    session: str = ""
    """The token of the visit, once there is one."""
    told: set[str] = field(default_factory=set[str])
    """Visitors and sessions they went on as."""

    def going_on_as(self, token: str) -> None:
        """They have this token now."""
        self.session = token
        self.told.update(token.split(".")[:2])

    @property
    def customer_payload(self) -> JsonObject:
        """As orders carry it."""
        return {
            "id": self.customer,
            "email": self.email,
            "phone": self.phone,
            "first_name": self.name,
            "default_address": {"address1": self.street, "name": self.name},
        }

    @property
    def traces(self) -> dict[str, bytes]:
        """What must not be found, by what it is: plain, and in forms anybody can undo or guess."""
        found: dict[str, bytes] = {}
        digits = re.sub(r"[^+0-9]", "", self.phone)
        plain = {
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "digits": digits,
            "street": self.street,
            "customer": str(self.customer),
            "order": str(self.order),
            "cart": self.cart,
            "checkout": self.checkout,
            **{f"id {number}": one for number, one in enumerate(sorted(self.told))},
        }
        for what, said in plain.items():
            for form, value in forms(said):
                found[f"{what}, {form}"] = value
        for what, said in (("email", self.email.lower()), ("phone", digits)):
            digest = hashlib.sha256(said.encode())
            found[f"{what}, hashed"] = digest.hexdigest().encode()
            found[f"{what}, hashed to bytes"] = digest.digest()
        return found


def anna() -> Person:
    """Who wants everything gone."""
    return Person(
        "Änne Canariensis-Quux",
        "Aenne.Quux@canary.example",
        "+49 170 5550173",
        "Zeisigweg 4711 b",
        7_311_904_552_187,
        5_822_640_917_733,
        "hWN2canaryCartAnna0K1",
        "canarychk0a1b2c3d4e5f60718293a4b",
    )


def ben() -> Person:
    """Who stays."""
    return Person(
        "Benoît Serinus-Corge",
        "Ben.Corge@serin.example",
        "+33 6 55 50 01 44",
        "12 rue du Serin",
        7_311_904_663_298,
        5_822_640_928_844,
        "hWN3canaryCartBen00K2",
        "canarychkb1b2c3d4e5f60718293a4bb",
    )


def forms(said: str) -> Iterator[tuple[str, bytes]]:
    """As it is, and as a text, a JSON, a base64 or a dump might have it."""
    yield "plain", said.encode()
    yield "lower", said.lower().encode()
    yield "in JSON", json.dumps(said)[1:-1].encode()
    yield "in hex", said.encode().hex().encode()
    for shift in range(3):  # base64 of a longer text shows it in one of three ways
        padded = base64.b64encode(b"\0" * shift + said.encode())
        yield f"in base64 at {shift}", padded[4 if shift else 0 : -4]


Traces = dict[str, bytes]
Place = tuple[str, bytes]


def found(places: Iterable[Place], traces: Traces) -> list[str]:
    """What of it is where."""
    return [
        f"{what} in {where}"
        for where, content in places
        for what, value in traces.items()
        if value and (value in content or value.upper() in content)
    ]


def in_files(*folders: Path) -> list[Place]:
    """Every file, whatever it is."""
    every = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    read: list[Place] = []
    for path in every:
        with contextlib.suppress(FileNotFoundError):  # a log that SQLite takes away
            read.append((path.name, str(path).encode() + b"\n" + path.read_bytes()))
    return read


def in_redis(url: str) -> list[Place]:
    """Every key and every value of any type, streams with their groups."""
    read: list[Place] = []
    client = cast("Any", Redis)  # redis-py says little of what its methods are
    with client.from_url(url) as redis:
        read += [(f"Redis {key!r}", key + b"\n" + _value(redis, key)) for key in redis.scan_iter()]
    return read


def _value(redis: Any, key: bytes) -> bytes:  # Any: redis-py says little of its answers
    match kind := redis.type(key):
        case b"string":
            parts: Sequence[object] = [redis.get(key)]
        case b"hash":
            parts = [part for pair in redis.hgetall(key).items() for part in pair]
        case b"list":
            parts = redis.lrange(key, 0, -1)
        case b"set":
            parts = list(redis.smembers(key))
        case b"zset":
            parts = redis.zrange(key, 0, -1)
        case b"stream":
            parts = [repr((redis.xrange(key), redis.xinfo_stream(key, full=True))).encode()]
        case _:
            raise AssertionError(f"{key!r} is a {kind!r}, which is not looked into")
    return b"\n".join(part for part in parts if isinstance(part, bytes))


def in_postgresql(url: str) -> list[Place]:
    """Every row of every table; the files behind them are the server's own house."""
    read: list[Place] = []
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()  # noqa: S608 - our own
            read += [(f"table {table}", b"\n".join(map(_bytes, row))) for row in rows]
    engine.dispose()
    return read


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
