"""The README's backups: taken while everything runs, and whole."""

import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import redis

from conftest import RedisServer, unused_port
from deploy.test_files import DEPLOY, blocks

README = (DEPLOY / "README.md").read_text("utf-8")


def lines(sign: str) -> list[list[str]]:
    """The commands of the block that holds ``sign``, as words; Docker's part of them taken off."""
    block = next(one for one in blocks(README) if sign in one)
    joined = re.sub(r"\\\n\s*", " ", block)
    bare = re.sub(r"docker compose (?:exec|run --rm --no-deps)(?: -T)? \w+ ", "", joined)
    return [shlex.split(line) for line in bare.splitlines() if not line.startswith("docker")]


@contextmanager
def being_written(journal: Path) -> Generator[None]:
    """A journal into which somebody writes pairs, both of a pair or neither."""
    with closing(sqlite3.connect(journal, isolation_level=None)) as first:
        first.execute("pragma journal_mode = wal")
        first.execute("create table pairs (a integer, b integer)")
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(journal, timeout=10)) as writer:
            number = 0
            while not stop.is_set():
                number += 1
                with writer:
                    writer.execute("insert into pairs values (?, null)", [number])
                    writer.execute("update pairs set b = a where a = ?", [number])

    writing = threading.Thread(target=write)
    writing.start()
    try:
        time.sleep(0.2)
        yield
    finally:
        stop.set()
        writing.join()


def test_the_journals_backup_is_whole_while_it_is_written(tmp_path: Path) -> None:
    journal, copy = tmp_path / "saccade.db", tmp_path / "backup.db"
    python, flag, code = lines("vacuum into")[0]
    assert (python, flag) == ("python", "-c")
    code = code.replace("/data", str(tmp_path))
    with being_written(journal):
        subprocess.run([sys.executable, flag, code], check=True)  # noqa: S603 - the README's own command
    with closing(sqlite3.connect(copy)) as kept, closing(sqlite3.connect(journal)) as all_of_it:
        count = "select count(*), count(*) filter (where b is a) from pairs"
        rows, whole = kept.execute(count).fetchone()
        assert kept.execute("pragma integrity_check").fetchone() == ("ok",)
        assert 0 < rows == whole
        assert rows <= all_of_it.execute(count).fetchone()[0]
    copy.rename(tmp_path / "saccade-backup.db")
    restored = tmp_path / "restored"
    restored.mkdir()
    for name in ("saccade.db", "saccade.db-wal", "saccade.db-shm"):
        (restored / name).write_bytes(b"of the journal that was lost")
    _inside(lines("< saccade-backup.db")[0], tmp_path, restored)
    assert [file.name for file in restored.iterdir()] == ["saccade.db"]
    with closing(sqlite3.connect(restored / "saccade.db")) as again:
        assert again.execute(count).fetchone() == (rows, whole)


def test_rediss_backup_is_read_by_another(own_redis: RedisServer, tmp_path: Path) -> None:
    if shutil.which("redis-cli") is None:
        pytest.skip("redis-cli is not installed: apt-get install redis-tools")
    off, asked, copy, on, pack, tidy = lines("aof_rewrite_in_progress")
    unpack = lines("tar -C appendonlydir -x")[0]
    with closing(redis.Redis(port=own_redis.port)) as client:
        _cli(own_redis.port, ["redis-cli", "config", "set", "appendonly", "yes"])
        for number in range(100):
            client.set(f"visitor:{number}", number)
        _cli(own_redis.port, off)
        for _ in range(100):
            if "aof_rewrite_in_progress:0" in _cli(own_redis.port, asked[: asked.index("|")]):
                break
            time.sleep(0.05)
        copied = tmp_path / "copy"
        copied.mkdir()
        _inside(copy, tmp_path, tmp_path)
        _cli(own_redis.port, on)
        _inside(pack, tmp_path, tmp_path)
        _inside(tidy, tmp_path, tmp_path)
    assert not (tmp_path / "backup").exists()
    _inside(unpack, tmp_path, copied)
    port = unused_port()
    other = subprocess.Popen(  # noqa: S603 - the program the fixture found, fixed arguments
        [
            shutil.which("redis-server") or "redis-server",
            *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(copied)),
            *("--appendonly", "yes", "--save", "", "--loglevel", "warning"),
        ]
    )
    try:
        with closing(redis.Redis(port=port)) as restored:
            assert _loaded(restored) == 100
            assert restored.get("visitor:42") == b"42"
    finally:
        other.kill()
        other.wait(timeout=10)


def _inside(words: list[str], here: Path, data: Path) -> None:
    """In ``here`` on this machine, with a container whose ``/data`` is ``data``."""
    line = " ".join(word if word in {"<", ">"} else shlex.quote(word) for word in words)
    line = line.replace("/data", str(data))
    subprocess.run(["bash", "-euc", line], cwd=here, check=True)  # noqa: S603, S607 - the README's own command


def _cli(port: int, words: list[str]) -> str:
    assert words[0] == "redis-cli"
    return subprocess.run(  # noqa: S603 - the README's own command
        ["redis-cli", "-p", str(port), *words[1:]],  # noqa: S607 - looked for above
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def _loaded(client: "redis.Redis") -> int:
    """Keys it has, once it has read its file."""
    for _ in range(200):
        try:
            return int(client.dbsize())  # pyright: ignore[reportUnknownMemberType] - its stub leaves the options untyped
        except (redis.ConnectionError, redis.BusyLoadingError):
            time.sleep(0.05)
    raise AssertionError("Redis did not start")
