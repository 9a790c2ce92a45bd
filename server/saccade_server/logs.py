"""Logs without personal data: only named fields pass, of our own words and of libraries' alike.

An event is a few lower-case words; what varies stands in fields. A field that is not in `FIELDS` is
dropped and only its name told. Of an exception its type and its frames are told, never its message,
which may quote what a shopper sent.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

Event = MutableMapping[str, Any]  # Any: structlog's own type of an event

FIELDS = frozenset(
    {
        *("event", "level", "timestamp", "logger", "withheld"),
        *("adapter", "tenant", "route", "part", "url", "worker", "pid", "workers", "version"),
        "text",
        *("waiting", "dropped", "page", "pages"),
        *("count", "seconds", "lag_ms", "status", "setting", "error", "frames"),
    }
)
_EVENT = re.compile(r"[a-z][a-z_ ]{1,60}\Z")
_LIKE_A_PERSON = re.compile(r"[0-9a-fA-F]{16,}|[^\s@/]{1,254}@[^\s@/]+")
"""Ids and addresses that slipped into a field meant for something else. Bounded, as addresses are:
a long value of one letter must not hold the loop up."""
_MOST = 200
_DEEPEST = 12

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(
    form: Literal["auto", "console", "json"], level: str, stream: TextIO | None = None
) -> None:
    """Set structlog and the standard library's logging to write one allow-listed line an event."""
    out = stream or sys.stderr
    console = form == "console" or (form == "auto" and out.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_messages,
            allow_listed,
            structlog.dev.ConsoleRenderer(colors=out.isatty())
            if console
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[Forward()], level=LEVELS[level], force=True)


def without_messages(_logger: object, _method: str, event: Event) -> Event:
    """An exception as its type and where it passed."""
    error: BaseException | None
    match event.pop("exc_info", None):
        case BaseException() as error:
            pass
        case (_, BaseException() as error, _):
            pass
        case given:
            error = sys.exc_info()[1] if given else None
    if error is not None:
        event["error"] = type(error).__name__
        event["frames"] = frames(error.__traceback__)
    return event


def frames(trace: TracebackType | None) -> str:
    """The innermost frames as ``file:line function``, outermost first."""
    walked = traceback.walk_tb(trace)
    found = traceback.StackSummary.extract(walked, lookup_lines=False)[-_DEEPEST:]
    return " > ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in found
    )


def allow_listed(_logger: object, _method: str, event: Event) -> Event:
    """Only `FIELDS`, only plain values, no long ones."""
    kept: Event = {name: _plain(event[name]) for name in event if name in FIELDS}
    if not _EVENT.match(str(event.get("event", ""))):
        kept["event"] = "unnamed_event"
    withheld = sorted(name for name in event if name not in FIELDS)
    if withheld:
        kept["withheld"] = ",".join(withheld)[:_MOST]
    return kept


def _plain(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _LIKE_A_PERSON.sub("…", str(value)[: 8 * _MOST])[: 4 * _MOST]


class Forward(logging.Handler):
    """Standard-library records as events: who logged, where, the exception's type.

    Of our own packages the text is told as it stands in the source, before anything is put in; of
    libraries none, for some put everything in themselves.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over one record."""
        ours = record.name.startswith("saccade")
        if not ours and record.levelno < logging.WARNING:
            return
        told: Event = {"logger": record.name}
        if ours and isinstance(record.msg, str):
            told["text"] = record.msg
        if record.exc_info:
            told["exc_info"] = record.exc_info
        else:
            told["frames"] = f"{record.filename}:{record.lineno} {record.funcName}"
        structlog.get_logger().log(record.levelno, "library_event", **told)
