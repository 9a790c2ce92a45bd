"""Ways to write an address that must not be reached: hosts, next pages, product ids."""

LOOPBACK = (
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.255.255.254", "0",
    "0.0.0.0",  # noqa: S104 - an address that must not be reached
    "2130706433", "017700000001", "0x7f000001", "0x7F.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1",
    "0177.0.0.01", "00000177.0.0.1", "127.0.0.0x1", "127.0x0.1", "0x7f.0.1", "0177.1",
    "127.000.000.001", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2001:0:7f00:1::]", "[::1%25lo]", "[::1%lo]",
    "[fe80::1%25eth0]", "[::ffff:127.0.0.1%25lo]",
)  # fmt: skip
"""This machine: decimal, octal, hex, short, padded, IPv6 and IPv4 inside it, with a zone."""

PRIVATE = (
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.254",
    "100.64.0.1", "100.127.255.254", "167772161", "0xa000001", "0xc0a80001", "012.0.0.1",
    "3232235521", "192.168.257", "10.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "240.0.0.1", "255.255.255.255", "224.0.0.1", "239.255.255.250", "0.1.2.3",
    "[fc00::1]", "[fd12:3456:789a::1]", "[fec0::1]", "[ff02::1]", "[fe80::1]", "[2001:db8::1]",
    "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]", "[64:ff9b::10.0.0.1]", "[2002:a00:1::]",
    "[2002:c0a8:1::1]", "[64:ff9b:1::a00:1]", "[100::1]", "[::10.0.0.1]",
)  # fmt: skip
"""Networks of no public route."""

METADATA = (
    "169.254.169.254", "169.254.0.1", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376", "169.16689662", "169.254.43518", "169.254.170.2", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]",
    "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::169.254.169.254]",
    "[2002:a9fe:a9fe::]", "[::a9fe:a9fe]", "[fe80::a9fe:a9fe]",
)  # fmt: skip
"""Where clouds hand out credentials, and link-local beside it."""

SPELT = (
    "localhost", "LOCALHOST", "localhost.", "LocalHost.LocalDomain", "ip6-localhost",
    "127.0.0.1.", "169.254.169.254.", "2130706433.",
    "①②⑦.⓪.⓪.①",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "127。0。0。1", "127\uff0e0\uff0e0\uff0e1", "ⓛocalhost",
    "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "loc%61lhost",
)  # fmt: skip
"""Names and spellings that some parser makes one of the above of."""

NAMES = {
    "one.shop.example": ["127.0.0.1"],
    "mixed.shop.example": ["93.184.216.34", "10.0.0.1"],
    "last.shop.example": ["93.184.216.34", "93.184.216.35", "169.254.169.254"],
    "v6.shop.example": ["::1"],
    "mapped.shop.example": ["::ffff:169.254.169.254"],
    "zone.shop.example": ["fe80::1%eth0"],
    "nat64.shop.example": ["64:ff9b::a9fe:a9fe"],
    "six.shop.example": ["2002:7f00:1::"],
    "cloud.shop.example": ["100.100.100.200"],
    "azure.shop.example": ["168.63.129.16"],
    "carrier.shop.example": ["100.64.0.1"],
    "this.shop.example": ["0.0.0.0"],  # noqa: S104 - as above
    "all.shop.example": ["255.255.255.255"],
    "ula.shop.example": ["fd00:ec2::254"],
    "odd.shop.example": ["not an address"],
}
"""Names whose server answers with an address of ours."""

HOSTS = (*LOOPBACK, *PRIVATE, *METADATA, *SPELT, *NAMES)

AUTHORITIES = (
    "shop.example@127.0.0.1", "shop.example:443@127.0.0.1", "shop.example%40127.0.0.1",
    "127.0.0.1#@shop.example", "127.0.0.1\\@shop.example", "127.0.0.1?@shop.example",
    "user:secret@169.254.169.254", "127.0.0.1%2f@shop.example", "127.0.0.1\t.shop.example",
)  # fmt: skip
"""What stands between // and / and is read differently by different programs."""

SCHEMES = ("file:///etc/passwd", "gopher://127.0.0.1/_x", "ftp://127.0.0.1/x", "dict://127.0.0.1/x",
    "data:application/json,[]",
    "javascript:1",
    "ldap://127.0.0.1/", "http:", "//", "https:///",
           "unix:///run/docker.sock", "jar:http://127.0.0.1!/", "tftp://127.0.0.1/x")  # fmt: skip

NEXT = (
    *(f"http://{host}:{{internal}}/api/items" for host in (*LOOPBACK, *METADATA, *SPELT, *NAMES)),
    *(f"http://{authority}:{{internal}}/api/items" for authority in AUTHORITIES),
    *SCHEMES,
    "//127.0.0.1:{internal}/api/items",
    "///127.0.0.1:{internal}/api/items",
    "////127.0.0.1:{internal}/api/items",
    "/\\127.0.0.1:{internal}/api/items",
    "\\\\127.0.0.1:{internal}\\api\\items",
    "http:/127.0.0.1:{internal}/api/items",
    "http:\\\\127.0.0.1:{internal}/api/items",
    "hTTp://127.0.0.1:{internal}/api/items",
    " http://127.0.0.1:{internal}/api/items",
    "ht\ntp://127.0.0.1:{internal}/api/items",
    "http://127.0.0.1:{internal}",
    "http://127.0.0.1:{internal}@{own}/api/items",
    "http://{own}@127.0.0.1:{internal}/api/items",
    "http://{own}#@127.0.0.1:{internal}/api/items",
    "http://{own}:{internal}/api/items",
    "http://{own}.evil.example/api/items",
    "http://evil.example/api/items",
    "https://127.0.0.2/api/items",
    "/admin",
    "/api/items/../../admin",
    "/api/items/%2e%2e/%2e%2e/admin",
    "/api/items/..%2f..%2fadmin",
    "/api/items/..;x/..;x/admin",
    "/api/items\r\nHost: 127.0.0.1:{internal}",
    "/api/items\x00",
)
"""Next pages that are not on the platform, or not below its list. ``{own}`` is the platform."""

IDS = (
    "..", ".", "../admin", "..%2fadmin", "%2e%2e", "..\\admin", "/admin", "//127.0.0.1/x",
    "@127.0.0.1", ":80@127.0.0.1/", "?admin=1", "#admin", "a/../../admin", "a\\..\\..", ";a=b/..",
    "a\r\nHost: b", "a\x00", "\ud800", "%00", "{id}", "{0}", "http://127.0.0.1/",
)  # fmt: skip
"""Products' ids that want to be more."""
