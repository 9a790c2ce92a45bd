"""Several workers on one port (SO_REUSEPORT), looked after by their parent.

Workers are started afresh, not forked: nothing of one process's loop, threads or connections gets
into another. A worker that dies is replaced, ever more slowly while it keeps dying.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

import structlog

from saccade.tenants import ConfigurationError
from saccade_server import logs
from saccade_server.keys import master_secret
from saccade_server.listening import bound, url_of
from saccade_server.plan import Plan
from saccade_server.settings import BAD_CONFIGURATION, SettingError
from saccade_server.tenancy import install_all

FIRST_REST_S, LONGEST_REST_S = 0.5, 30.0
PROVEN_S = 60.0
"""A worker that lived so long did not die of its start."""
PATIENCE_S = 20.0
"""Workers end within `serving.DRAIN_S` and twice `serving.GRACE_S`, nearly always much sooner; one
that does not by then is killed."""

log = structlog.get_logger()


def supervise(plan: Plan) -> int:
    """Run the plan's workers until asked to stop; the exit code. Raises configuration errors."""
    settings = plan.settings
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nobody has read anything that could be old
    logs.configure(settings.log_format, settings.log_level)
    install_all(settings.config, plan.adapters, master_secret(settings))
    with (
        closing(bound(settings, shared=True)) as held,  # keeps the port while workers come and go
        tempfile.TemporaryDirectory(prefix="saccade-metrics-") as folder,
    ):
        fixed = settings.model_copy(update={"port": held.getsockname()[1]})
        metrics = Path(folder)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # read when a worker imports the library
        crew = Crew(settings.workers, _starter(Plan(fixed, plan.adapters), metrics), metrics)
        log.info("supervising", url=url_of(held), workers=settings.workers)
        return crew.run()


def _starter(plan: Plan, metrics: Path) -> Callable[[int], SpawnProcess]:
    context = multiprocessing.get_context("spawn")

    def start(index: int) -> SpawnProcess:
        process = context.Process(target=_work, args=(plan, metrics), name=f"worker-{index}")
        # Until it can remember SIGHUP, that would end it: it waits (`remember_hangups`).
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        return process

    return start


def _work(plan: Plan, metrics: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells the parent, and it tells us
    from saccade_server.commands import serve  # noqa: PLC0415 - the parent has no use for it

    try:
        serve.work(plan, metrics)
    except (ConfigurationError, SettingError) as error:  # a file changed since the parent read it
        sys.stderr.write(f"{error}\n")
        sys.exit(BAD_CONFIGURATION)


class Worker:
    """One place in the crew, and whoever holds it."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.process: SpawnProcess | None = None
        self.since = 0.0
        self.rest = 0.0
        self.due = 0.0

    def died(self, now: float) -> None:
        """Free the place; it is due again after a rest that doubles with each early death."""
        early = now - self.since < PROVEN_S
        self.rest = min(LONGEST_REST_S, self.rest * 2 or FIRST_REST_S) if early else FIRST_REST_S
        self.process, self.due = None, now + self.rest


class Crew:
    """Workers by place. ``start`` fills one; ``metrics`` is the folder they share."""

    def __init__(
        self,
        size: int,
        start: Callable[[int], SpawnProcess],
        metrics: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = [Worker(index) for index in range(size)]
        self._start, self._metrics, self._clock = start, metrics, clock
        self._stop = False
        self._reload = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def run(self) -> int:
        """Keep every place filled until SIGTERM or SIGINT, then stop all; the exit code.

        SIGHUP is handed on: each worker reads its configuration anew.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)
        signal.signal(signal.SIGHUP, self._asked_to_reload)
        while not self._stop:
            self._fill()
            wait([self._read, *self._sentinels()], timeout=self._next_due())
            self._awake()
            self._bury()
            self._hand_on()
        return self._dismiss()

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True
        self._wake()

    def _asked_to_reload(self, _number: int, _frame: FrameType | None) -> None:
        self._reload = True
        self._wake()

    def _wake(self) -> None:
        """End `wait`, from within a signal; a pipe that is full wakes it already."""
        with suppress(BlockingIOError):
            os.write(self._write, b"!")

    def _awake(self) -> None:
        """Take what `_wake` wrote, before anything is done about it.

        A signal that comes later writes again: it is neither lost nor left there to wake for ever.
        """
        with suppress(BlockingIOError):
            os.read(self._read, 4_096)

    def _hand_on(self) -> None:
        """Tell all workers to reload where the parent was told so."""
        if not self._reload:
            return
        self._reload = False
        for worker in self._workers:
            if worker.process is not None and worker.process.pid is not None:
                os.kill(worker.process.pid, signal.SIGHUP)

    def _fill(self) -> None:
        now = self._clock()
        for worker in self._workers:
            if worker.process is not None or now < worker.due:
                continue
            worker.since = now
            try:
                worker.process = self._start(worker.index)
            except OSError:  # no memory, process or descriptor is left: others serve on
                worker.died(now)
                log.exception("worker_not_started", worker=worker.index, seconds=worker.rest)

    def _sentinels(self) -> list[int]:
        return [worker.process.sentinel for worker in self._workers if worker.process]

    def _next_due(self) -> float | None:
        waiting = [worker.due for worker in self._workers if worker.process is None]
        return max(0.0, min(waiting) - self._clock()) if waiting else None

    def _bury(self) -> None:
        """Free the places of the dead."""
        for worker in self._workers:
            process = worker.process
            if process is None or process.is_alive():
                continue
            process.join()
            self._forget_metrics(process.pid)
            worker.died(self._clock())
            if not self._stop:
                log.error(
                    "worker_died",
                    worker=worker.index,
                    status=process.exitcode,
                    seconds=worker.rest,
                )

    def _dismiss(self) -> int:
        """Ask all to stop, and wait; 1 where one had to be killed."""
        present = [worker.process for worker in self._workers if worker.process]
        for process in present:
            process.terminate()
        patience = self._clock() + PATIENCE_S
        killed = 0
        for process in present:
            process.join(max(0.0, patience - self._clock()))
            if process.is_alive():
                process.kill()
                process.join()
                killed = 1
        os.close(self._read)
        os.close(self._write)
        return killed

    def _forget_metrics(self, pid: int | None) -> None:
        """A dead worker's gauges are gone; its counters stay counted."""
        for path in self._metrics.glob(f"gauge_live*_{pid}.db"):
            path.unlink(missing_ok=True)
