"""Who we are to the platform, as a mapping says it: secrets by the name of a variable only."""

from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field

from saccade.strict import Strict

HeaderName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
        description="a header's name, such as X-Api-Key",
    ),
]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
"""Name of an environment variable that holds a secret."""

_ASCII = "letters, digits and signs of ASCII"
Prefix = Annotated[str, Field(max_length=32, pattern=r"^[\x20-\x7e]*$", description=_ASCII)]
"""Stands before a secret in a header."""


class NoAuth(Strict):
    """Anyone may read the catalog."""

    kind: Literal["none"] = "none"


class HeaderAuth(Strict):
    """A key in a header."""

    kind: Literal["header"]
    header: HeaderName
    secret_env: Variable
    prefix: Prefix = ""
    """Stands before the key, such as ``Token ``."""


class BasicAuth(Strict):
    """HTTP Basic."""

    kind: Literal["basic"]
    user: str = Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^:\x00-\x1f]+$",
        description="a user's name, in which there is no colon",
    )
    secret_env: Variable


class BearerAuth(Strict):
    """A token that does not end."""

    kind: Literal["bearer"]
    secret_env: Variable


class OAuth(Strict):
    """OAuth client credentials."""

    kind: Literal["oauth"]
    token_url: AnyHttpUrl
    client_id: str = Field(
        min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$", description=f"{_ASCII}, no blank"
    )
    secret_env: Variable
    scope: str = Field(default="", max_length=512, pattern=r"^[\x20-\x7e]*$", description=_ASCII)
    client_auth: Literal["post", "basic"] = "post"
    """How the secret is sent: in the form, or by HTTP Basic."""


Auth = Annotated[NoAuth | HeaderAuth | BasicAuth | BearerAuth | OAuth, Field(discriminator="kind")]
