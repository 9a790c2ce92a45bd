"""The corpus as cases to send: those written by hand, and such as chance puts together of them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from faults.smuggling_corpus import BEHIND, BY_HAND, END, HIDDEN, HOST, OWN, SOUND

_LENGTHS = (b"3", b"3", b"0", b"03", b"+3", b"-3", b"3,3", b"3, 4", b" 3", b"3 ", b"3;", b"", b"x")
_CODINGS = (
    *(b"chunked", b"chunked", b"Chunked", b"identity", b"gzip, chunked", b"chunked, identity"),
    *(b"x", b"chunked;a=b", b"\x0bchunked", b"chunked\x00", b"'chunked'", b"chunked,", b""),
)
_COLONS = (b": ", b": ", b": ", b":", b" : ", b"\t:", b":\t", b":  ", b"\x00: ", b";")
_ENDS = (b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b"\r\n ")
_SIZES = (
    b"3",
    b"3",
    b"03",
    b"0x3",
    b"3;a",
    b"3 ",
    b" 3",
    b"+3",
    b"3\t",
    b"3;\x00",
    b"g",
    b"4",
    b"2",
)
_VERSIONS = (
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/1.2",
    b"HTTP/2",
    b"http/1.1",
)
_METHODS = (b"POST", b"POST", b"GET", b"PUT", b"DELETE", b"post", b"BREW")
_CONNECTIONS = (b"keep-alive", b"close", b"content-length", b"transfer-encoding, close", b"upgrade")


@dataclass(frozen=True, slots=True)
class Case:
    """A request as sent; ``mark`` is in every target of it, and in no other's."""

    name: str
    mark: bytes
    data: bytes


def _line(rng: random.Random, name: bytes, values: tuple[bytes, ...]) -> bytes:
    cased = rng.choice((name, name.lower(), name.upper()))
    return cased + rng.choice(_COLONS) + rng.choice(values) + rng.choice(_ENDS)


def _generated(rng: random.Random) -> bytes:
    lengths, codings = rng.choice((0, 1, 1, 1, 2)), rng.choice((0, 0, 1, 1, 2))
    lines = [_line(rng, b"Content-Length", _LENGTHS) for _ in range(lengths)]
    lines += [_line(rng, b"Transfer-Encoding", _CODINGS) for _ in range(codings)]
    if rng.random() < 0.3:
        lines.append(_line(rng, b"Connection", _CONNECTIONS))
    if rng.random() < 0.9:
        lines.append(HOST)
    rng.shuffle(lines)
    gaps = rng.choice((b" ", b" ", b" ", b" ", b" ", b"\t", b"  "))
    start = gaps.join((rng.choice(_METHODS), b"@T@", rng.choice(_VERSIONS))) + rng.choice(_ENDS)
    size, end = rng.choice(_SIZES), rng.choice(_ENDS)
    body = rng.choice((b"", b"abc", size + end + b"abc" + rng.choice(_ENDS) + END, END))
    return start + b"".join(lines) + rng.choice((b"\r\n", b"\r\n", b"\n")) + body + HIDDEN


def _swapped(rng: random.Random, data: bytes) -> bytes:
    """One byte of a sound request replaced, doubled or lost."""
    at = rng.randrange(len(data))
    odd = bytes([rng.choice((0, 9, 10, 11, 12, 13, 32, 44, 58, 59, 127, 133, 160, 255))])
    return data[:at] + rng.choice((odd, odd + data[at : at + 1], b"")) + data[at + 1 :]


def cases(generated: int, seed: int = 9_112) -> Iterator[Case]:
    """Those by hand, then so many by chance, the same for the same seed."""
    rng = random.Random(seed)
    sound: list[bytes] = list(SOUND.values())
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: _generated(rng),
        lambda: _swapped(rng, rng.choice(sound)),
    )
    templates = list(BY_HAND.items())
    templates += [(f"by chance {number}", makers[number % 2]()) for number in range(generated)]
    for number, (name, template) in enumerate(templates):
        mark = b"c%05d" % number
        data = template.replace(b"@T@", OWN + mark).replace(b"@S@", BEHIND + mark)
        yield Case(name, mark, data)
