"""Writes the hash locks: run, test, all and race, each holding the one before.

Run through `make lock`, on Linux x86-64. The locks hold names, versions and hashes, and
neither addresses nor paths, so that they install from any index, mirror or folder.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
HEADER = "# Written by `make lock`. Install with: pip install --require-hashes -r"
RUN = ["train", "digits"]
TEST = [*RUN, "parquet", "tensorboard", "dev"]
ALL = [*TEST, "export", "hub", "docs", "lint"]
# keras-hub's tokenizers ask for it, and it for the `tensorflow` whose files lie where
# those of `tensorflow-cpu` do. No model needs them; what is installed asks no further.
LEFT_OUT = ["tensorflow", "tensorflow-text"]
# Each lock: its sources, its extras of pyproject.toml, and the lock it must agree with.
LOCKS = {
    "run.txt": (["run.in"], RUN, None),
    "test.txt": (["run.in"], TEST, "run.txt"),
    "all.txt": (["run.in", "all.in"], ALL, "test.txt"),
    "race.txt": (["run.in", "all.in", "race.in"], ALL, "all.txt"),
}
COMPILE = [
    *("-m", "piptools", "compile", "--quiet", "--no-config", "--generate-hashes"),
    *("--no-allow-unsafe", "--strip-extras", "--no-annotate", "--no-header"),
    *("--no-emit-index-url", "--no-emit-options"),
    *(f"--unsafe-package={name}" for name in LEFT_OUT),
]
# One entry of a lock: the pin, then its hashes, one a line.
ENTRY = re.compile(
    r"^(?P<pin>[\w.-]+==[^\s\\]+)(?P<hashes>(?: \\\n    --hash=\S+)+)$", re.M
)


def compile_lock(arguments: list[str]) -> str:
    """Returns the lock that pip-tools resolves."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lock.txt"
        subprocess.run(
            [sys.executable, *COMPILE, "--output-file", str(out), *arguments],
            check=True,
            cwd=HERE.parent,
        )
        return out.read_text(encoding="utf-8")


def portable(lock: str) -> str:
    """Writes a lock in one form: sorted, without comments, without local labels.

    PyTorch's CPU wheel is version `2.13.0+cpu` where it comes from PyTorch's own index.
    The lock names `2.13.0` and holds the hash of that wheel alone. It must not hold
    PyPI's as well: pip prefers a file whose index announces its hash over one that lies
    in a folder, and PyPI's Linux wheel does not start without the CUDA packages.
    """
    found = [
        " \\\n    ".join([match["pin"].partition("+")[0], *hashes(match["hashes"])])
        for match in ENTRY.finditer(lock)
    ]
    return "\n".join([HEADER, *sorted(found), ""])


def hashes(entry: str) -> list[str]:
    """Returns the hashes of one entry, sorted, so that two runs write one file."""
    return sorted(word for word in entry.split() if word != "\\")


def write(name: str) -> None:
    """Writes one lock."""
    inputs, extras, base = LOCKS[name]
    arguments = ["pyproject.toml", *(f"requirements/{file}" for file in inputs)]
    arguments += [f"--extra={extra}" for extra in extras]
    if base:
        arguments.append(f"--constraint=requirements/{base}")
    (HERE / name).write_text(portable(compile_lock(arguments)), encoding="utf-8")
    print(f"wrote requirements/{name}")


if __name__ == "__main__":
    for lock_name in LOCKS:
        write(lock_name)
