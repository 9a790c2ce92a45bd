"""``saccade webhooks``: what it shows, and that what it replays is tried again."""

import asyncio
import re
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from saccade_server.cli import app
from saccade_server.commands import webhooks as command
from saccade_server.settings import SettingError, Settings
from saccade_webhooks.claiming import Room
from saccade_webhooks.ending import Ending
from saccade_webhooks.tables import State
from webhooks.conftest import Post
from webhooks.posting import order

ROOM = Room(10, 10, {})


@pytest.fixture
async def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three deliveries: one done, one dead, one that waits."""
    monkeypatch.setenv("SACCADE_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    post = Post(Settings(data=tmp_path).inbox_url)
    for key in ("done", "dead"):
        await post.send(order(key), key)
    done, dead = (await post.inbox.claim(1e9, ROOM)).held
    endings = [Ending(done, State.DONE), Ending(dead, State.DEAD, error="ValueError: kind")]
    await post.inbox.end(endings, 1e9)
    await post.send(order("waiting"), "waiting", tenant="other")
    await post.inbox.close()
    return tmp_path


def said(*arguments: str) -> tuple[int, str]:
    """Exit code and output."""
    result = CliRunner().invoke(app, ["webhooks", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.usefixtures("records")
def test_deliveries_are_listed_with_what_became_of_them() -> None:
    code, text = said("list")
    assert code == 0
    assert [word for word in ("done", "dead", "waiting") if word not in text] == []
    assert "in all: 1 waiting, 1 done, 1 dead" in text
    assert "other" not in said("list", "--tenant", "lab")[1]
    assert "ValueError" not in said("list", "--state", "done")[1]


@pytest.mark.usefixtures("records")
def test_dead_letters_are_listed_with_the_reason() -> None:
    _, text = said("dead-letters")
    assert "ValueError: kind" in text
    assert "other" not in text


@pytest.mark.usefixtures("records")
def test_a_narrow_terminal_or_a_pipe_cuts_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, text = said("list")
    assert "…" not in text
    assert re.search(r"^2 +\d{4}-\d\d-\d\d [\d:]{8} +dead +1 ", text, re.MULTILINE)
    assert "lab orders/create" in text
    assert "ValueError: kind" in text


@pytest.mark.usefixtures("records")
def test_a_list_of_nothing_says_so() -> None:
    _, text = said("dead-letters", "--tenant", "other")
    assert "no such deliveries" in text


async def test_what_fails_again_is_not_laid_to_a_server_that_is_away(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()
    clock = SimpleNamespace(sleep=time.sleep, monotonic=lambda: 60.0 if tried.is_set() else 0.0)
    monkeypatch.setattr(command, "time", clock)  # the wait is over once it was tried
    post = Post(Settings(data=records).inbox_url)
    await post.inbox.claim(1e9, ROOM)  # the one that waits is somebody else's now
    replay = asyncio.create_task(asyncio.to_thread(said, "replay", "2", "--wait", "30"))
    while not (claimed := (await post.inbox.claim(1e9, ROOM)).held):  # noqa: ASYNC110 - another connection tells no event of ours
        await asyncio.sleep(0.01)
    put_off = [Ending(one, State.WAITING, error="ValueError: total", due=2e9) for one in claimed]
    await post.inbox.end(put_off, 1e9)
    tried.set()
    code, text = await replay
    await post.inbox.close()
    assert code == 1
    assert "2 failed and is tried again: ValueError: total" in text
    assert "is a server running" not in text


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("which", ["2", "--all"])
def test_a_replay_makes_it_wait_again(which: str) -> None:
    code, text = said("replay", which, "--wait", "0")
    assert code == 1
    assert "replayed 1: 1 waiting" in text
    assert "is a server running" in text
    assert "in all: 2 waiting, 1 done" in said("list")[1]
    assert "there are no dead letters" in said("replay", "--all")[1]


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("replay", "1"), "no longer kept"),
        (("replay", "99"), "is no delivery"),
        (("replay",), "ID: value '' names no delivery. Fix: .* or --all"),
        (("replay", "2", "--all"), "ID: value 2 is given beside --all"),
        (("list", "--state", "gone"), "use one of waiting, done"),
    ],
)
def test_what_cannot_be_done_says_why(arguments: tuple[str, ...], problem: str) -> None:
    with pytest.raises(SettingError, match=problem):
        said(*arguments)


def test_an_inbox_that_nothing_came_to_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SACCADE_DATA", str(tmp_path / "none"))
    assert "nothing has come in yet" in said("list")[1]
    assert "there are no dead letters" in said("replay", "--all")[1]
    assert not (tmp_path / "none").exists()
