"""Waits for coroutines of extractors. All run on one event loop in a thread of its own, so that
clients that belong to a loop serve all documents, and a notebook's running loop is no obstacle.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

_STARTING = threading.Lock()


def is_async(function: Callable[..., object]) -> bool:
    """Whether a function, or the call of an object, is an ``async def``."""
    call = type(function).__call__
    return any(
        inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)
        for called in (function, call)
    )


def awaited(output: Any) -> Any:
    """The result of an awaitable, the values of an asynchronous generator as a list, and any other
    value as it is. Raises what the coroutine raises.
    """
    if not (inspect.isawaitable(output) or inspect.isasyncgen(output)):
        return output
    import asyncio  # slow to load, and few extractors need it

    future = asyncio.run_coroutine_threadsafe(_outcome(output), _loop())
    try:
        result, error = future.result()
    except BaseException:  # Ctrl-C while waiting
        future.cancel()
        raise
    if error is not None:
        raise error
    return result


async def _outcome(output: Any) -> tuple[Any, BaseException | None]:
    """The result, or the exception as a value, as some exceptions would end the loop."""
    try:
        if inspect.isasyncgen(output):
            return [value async for value in output], None
        return await output, None
    except BaseException as error:
        return None, error


def _loop() -> AbstractEventLoop:
    with _STARTING:  # a cache alone would start a loop for each thread that comes first
        return _started_loop()


@cache
def _started_loop() -> AbstractEventLoop:
    import asyncio

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop
