"""Signals that ask a run to end: it ends between two steps, and loses none."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Never, Self

WISHES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Wishes:
    """Takes note, in a `with`, of the first signal that asks the process to end.

    Whoever trains looks at `asked` between two steps, saves, and calls `grant`. A
    second signal ends the process at once. A signal that somebody else handles, or
    that is ignored as under `nohup`, is left to them, and so are all of them outside
    the main thread, where Python hears none.

    Attributes:
        asked: The number of the signal; 0 until there was one.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            ours = (signal.SIG_DFL, signal.default_int_handler)
            for number in WISHES:
                if signal.getsignal(number) in ours:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hand_back()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self._hand_back()
            signal.raise_signal(number)
        self.asked = number

    def _hand_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def grant(self) -> Never:
        """Ends the run as Ctrl-C does, or with the exit code 128 + the signal's number.

        Raises:
            KeyboardInterrupt: It was Ctrl-C.
            SystemExit: It was another signal.
        """
        if self.asked == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self.asked)
