"""Opens files and notes what they did; run in a process of its own, never imported.

python watch.py FOLDER together     opens all files here
python watch.py FOLDER apart        forks a process for each, and measures it

A word behind that, such as load_model, is what opens them; else it is open_model.

FOLDER/paths.json is {name: path}. Prints a line of JSON for each: [name, outcome].
An audit hook sees what Python does meanwhile.
"""

import functools
import gc
import json
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
SECONDS = 300  # then a child hangs, and is ended
DANGERS = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork",
    "subprocess.Popen", "socket.", "urllib.", "pickle.find_class", "ctypes.dlopen",
    "ftplib.", "webbrowser.",
)  # fmt: skip
CODE = ("marshal.loads", "exec", "compile")
IMPORTS = "<frozen importlib"


def importing() -> bool:
    """Says whether an import from the installation is running: it may run code."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith(IMPORTS):
            return True
        frame = frame.f_back
    return False


def watch() -> list[str]:
    """Returns a list that grows with every dangerous event of this process."""
    events: list[str] = []

    def hook(event: str, arguments: tuple) -> None:
        if event.startswith(DANGERS) or (event in CODE and not importing()):
            events.append(f"{event} {str(arguments)[:200]}")
        elif event == "import" and "canary" in str(arguments[0]):
            events.append(f"import {arguments[0]}")
        elif event == "open" and "secret" in str(arguments[0]):
            events.append(f"open {arguments[0]}")

    sys.addaudithook(hook)
    return events


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def attempt(path: str, opener: Callable, events: list[str]) -> dict:
    """Opens a file here and says what happened."""
    events.clear()
    try:
        result = {"opened": opener(path).name}
    except BaseException as error:  # whatever it is, it is told
        result = {"error": type(error).__name__, "message": str(error)}
    return {"error": "", "message": "", **result, "events": [*events]}


def measured(path: str, opener: Callable, events: list[str]) -> dict:
    """Does the same, and says what it took."""
    from yardstick import yardstick

    unit, before, start = yardstick(), peak(), time.process_time()
    result = attempt(path, opener, events)
    seconds, mib = time.process_time() - start, peak() - before
    unit = max(unit, yardstick())  # a machine may slow down meanwhile
    return {**result, "yardsticks": seconds / unit, "mib": mib}


def in_child(path: str, opener: Callable, events: list[str]) -> dict:
    """Opens a file in a forked process: what it takes is counted from here."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(SECONDS)
        with os.fdopen(writer, "w") as pipe:
            json.dump(measured(path, opener, events), pipe)
            pipe.flush()
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text else {"error": f"died of {status}", "events": []}


def main(folder: Path, how: str, opener: str = "open_model") -> None:
    import keras

    from keras_residual import files

    warnings.simplefilter("ignore")
    sys.path.insert(0, str(TESTS))
    os.chdir(folder)  # what a file names without a folder is looked for here
    sys.path.insert(0, str(folder))
    gc.freeze()  # or each full collection goes through all of the backends
    events = watch()
    open_here = attempt if how == "together" else in_child
    for name, path in json.loads(Path("paths.json").read_text()).items():
        print(
            json.dumps([name, open_here(path, getattr(files, opener), events)]),
            flush=True,
        )
    if (bait := folder / "bait.keras").exists():
        unsafe = functools.partial(keras.saving.load_model, safe_mode=False)
        print(json.dumps(["bait", attempt(str(bait), unsafe, events)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
