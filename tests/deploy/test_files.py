"""The files of `deploy/`: what they name exists, and what needs no Docker engine is tried."""

import json
import re
import shutil
import subprocess
import zipfile
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from packaging.requirements import Requirement

from deploy.front import SHIPPED, VARIABLE, command, rendered, run_folder, values
from saccade_server.metrics import Metrics
from saccade_server.settings import Settings
from saccade_webhooks.counting import Counters

DEPLOY = SHIPPED.parent
ROOT = DEPLOY.parent
SERVICE_KEYS = {
    *("build", "cap_add", "cap_drop", "command", "depends_on", "deploy", "environment"),
    *(
        "healthcheck",
        "image",
        "logging",
        "networks",
        "ports",
        "read_only",
        "restart",
        "security_opt",
    ),
    *("stop_grace_period", "stop_signal", "tmpfs", "user", "volumes"),
}
"""Of the compose specification, those used here: a misspelt one is none of them."""


def compose() -> dict[str, Any]:  # Any: a YAML document
    return cast("dict[str, Any]", yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8")))


def dockerfile() -> list[str]:
    """Its instructions, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text("utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_nginx_takes_the_file() -> None:
    with run_folder() as folder:
        tried = subprocess.run(  # noqa: S603 - the program found on the path, the shipped file
            [*command(folder, rendered(values(folder, 8080, "https://192.0.2.1"))), "-t"],
            capture_output=True,
            check=False,
            text=True,
        )
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr


def test_nginx_variables_are_described_and_given() -> None:
    text = SHIPPED.read_text("utf-8")
    head, _, rest = text.partition("\npid ")
    described = set(VARIABLE.findall(head))
    assert described == set(VARIABLE.findall(rest))
    environment = compose()["services"]["nginx"]["environment"]
    named = re.findall(r"[A-Z_]{3,}", environment.pop("NGINX_ENVSUBST_FILTER"))
    assert set(named) == described
    assert set(environment) - {"NGINX_ENVSUBST_OUTPUT_DIR"} == described


def test_the_readmes_envsubst_renders_it() -> None:
    if shutil.which("envsubst") is None:
        pytest.skip("envsubst is not installed: apt-get install gettext-base")
    readme = (DEPLOY / "README.md").read_text("utf-8")
    block = next(one for one in blocks(readme) if one.startswith("export LISTEN"))
    with run_folder() as folder:
        (folder / "nginx.conf").write_bytes(SHIPPED.read_bytes())
        subprocess.run(["bash", "-euc", block], cwd=folder, check=True)  # noqa: S603, S607 - the README's own lines
        made = (folder / "nginx.rendered.conf").read_text("utf-8")
    given = {
        **values(Path("/run/saccade-nginx"), 8081, "https://api.shop.example"),
        "LISTEN": "8080",
        "RESOLVER": "127.0.0.53",
    }
    assert made == rendered(given)


def test_compose_uses_keys_there_are_and_names_what_it_has() -> None:
    document = compose()
    assert set(document) == {"name", "x-logs", "services", "volumes", "networks"}
    for name, service in document["services"].items():
        assert set(service) <= SERVICE_KEYS, name
        assert set(service["networks"]) <= set(document["networks"])
        assert set(service.get("depends_on", ())) <= set(document["services"])
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["restart"] == "unless-stopped"
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
        assert "healthcheck" in service or "build" in service, "the image brings its own"
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
        for volume in service.get("volumes", ()):
            source = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume).partition(":")[0]
            known = source in document["volumes"] or source == "../tenants"
            assert known or (DEPLOY / source).exists(), volume
        if "image" in service and "build" not in service:
            assert re.search(r":\d+\.\d+", service["image"]), "a version, not the newest"


def test_compose_agrees_with_itself_and_with_the_image() -> None:
    services = compose()["services"]
    nginx, saccade = services["nginx"], services["saccade"]
    address, _, port = nginx["environment"]["MIDDLEWARE"].partition(":")
    assert saccade["networks"]["inside"]["ipv4_address"] == address
    assert f"SACCADE_PORT={port}" in " ".join(dockerfile())
    assert f"EXPOSE {port}" in dockerfile()
    assert (DEPLOY / saccade["build"]["context"] / saccade["build"]["dockerfile"]).exists()
    known = {f"SACCADE_{name.upper()}" for name in Settings.model_fields}
    given = set(re.findall(r"\b(SACCADE_\w+)=", " ".join(dockerfile())))
    assert set(saccade["environment"]) | given <= known
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    offered = set(
        re.findall(r"^(\w+)=", (DEPLOY / ".env.example").read_text("utf-8"), re.MULTILINE)
    )
    assert asked - offered == {"SACCADE_TAG"}
    assert offered <= asked


def test_redis_keeps_what_it_is_told() -> None:
    command_line = compose()["services"]["redis"]["command"]
    options = dict(zip(command_line[1::2], command_line[2::2], strict=True))
    assert options["--maxmemory-policy"] == "noeviction"
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "everysec")


def test_the_images_steps_name_what_there_is() -> None:
    lines = dockerfile()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), line
    installs = [line for line in lines if " install " in line and "pip" in line]
    assert "--require-hashes" in installs[0]
    lock = (ROOT / "requirements" / "run.lock").read_text("utf-8")
    assert {"hatchling", "editables"} <= set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert "USER saccade" in lines


def closure(names: set[str]) -> set[str]:
    """Packages and all they require, here."""
    found: set[str] = set()
    waiting = {name.lower() for name in names}
    while waiting:
        name = waiting.pop()
        found.add(name)
        try:
            wanted = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue  # of another system
        here = (one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""}))
        waiting |= {one.name.lower() for one in here} - found
    return found


def test_what_built_the_image_is_not_in_it() -> None:
    lines = dockerfile()
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    (run,) = [line for line in lines[:last] if "pip uninstall" in line]
    own = next(step for step in run.split("&&") if "editables" in step)
    gone = {word for word in own.split() if re.fullmatch(r"[a-z-]+", word)} - {"uninstall"}
    needed = closure({Requirement(text).name for text in requires("saccade") or ()})
    assert gone - {"setuptools", "--yes"} == closure({"hatchling", "editables"}) - needed
    assert run.endswith("pip uninstall --yes pip")
    assert "pip uninstall --yes" in lines[last + 1]
    assert [line for line in lines[last + 1 :] if " install " in line] == [lines[last + 1]]


def test_the_image_is_of_one_pinned_base() -> None:
    lines = dockerfile()
    (pinned,) = [line.partition("=")[2] for line in lines if line.startswith("ARG PYTHON")]
    assert re.fullmatch(r"3\.\d+\.\d+-slim-[a-z]+", pinned)
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases == ["python:${PYTHON}"] * 2


@pytest.mark.parametrize("secret", ["deploy/.env", ".env", "tenants", "deploy/tls/shop.key"])
def test_no_secret_comes_into_the_image(secret: str) -> None:
    assert is_ignored(Path(secret))
    own = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    assert "SACCADE_SECRET" not in own


def is_ignored(inside: Path) -> bool:
    """Whether Docker leaves it out of what is copied."""
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    return any(
        str(inside) == rule or (rule.startswith("**/") and fnmatch(inside.name, rule[3:]))
        for rule in rules
    )


def test_the_images_health_check_asks_a_route_there_is() -> None:
    (line,) = [one for one in dockerfile() if one.startswith("HEALTHCHECK")]
    python, flag, code = json.loads(line.partition(" CMD ")[2])
    assert (python, flag) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    assert "http://127.0.0.1:8080/livez" in code


@pytest.mark.full
def test_the_image_can_be_installed_from_what_is_copied(tmp_path: Path) -> None:
    """Docker's build step by hand: the tree less what is ignored, built without the network."""

    def leave_out(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(ROOT)
        return {name for name in names if is_ignored(inside / name)}

    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=leave_out)
    python = ROOT / ".venv" / "bin" / "python"
    subprocess.run(  # noqa: S603 - our own interpreter
        [python, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=tree,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "saccade_server/assets/tracker.js" in names
    assert "saccade_sap_occ/__init__.py" in names
    assert not [name for name in names if name.startswith("tests")]


def test_the_readme_names_figures_there_are() -> None:
    metrics = Metrics(None)
    Counters(metrics.registry)
    told = metrics.exposition().decode()
    readme = (DEPLOY / "README.md").read_text("utf-8")
    named = set(re.findall(r"`(saccade_[a-z_]+|process_[a-z_]+)`", readme))
    assert len(named) >= 9
    # A counter nothing was counted by has its HELP line only, without `_total`.
    assert [name for name in named if name.removesuffix("_total") not in told] == []


def test_compose_itself_takes_the_file() -> None:
    docker = shutil.which("docker")
    probe = [docker or "docker", "compose", "version"]
    if docker is None or subprocess.run(probe, capture_output=True, check=False).returncode:  # noqa: S603 - the program found on the path
        pytest.skip("docker compose is not installed: apt-get install docker-compose-v2")
    subprocess.run(  # noqa: S603 - the program found on the path
        [docker, "compose", "--env-file", ".env.example", "config", "--quiet"],
        cwd=DEPLOY,
        env={"SACCADE_SECRET": "0" * 64, "PATH": "/usr/bin:/bin"},
        check=True,
    )


def blocks(markdown: str) -> list[str]:
    """Its blocks of shell."""
    return re.findall(r"```bash\n(.*?)```", markdown, re.DOTALL)
