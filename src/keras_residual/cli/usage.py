"""A command line that cannot be read is answered as every other mistake is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from keras_residual.common.errors import ResidualError
from keras_residual.common.files import at_home
from keras_residual.common.wording import listed, nearest
from keras_residual.train.recipe import Recipe

# What Typer raises is its own or Click's, by its version; public is what it is base of.
_Unreadable: Any = typer.BadParameter.__mro__[1]
_NAMED = ("digits", "fashion-mnist")
_NUMBERS = {
    "accumulate": 2,
    "batch_size": 64,
    "checkpoint_every": 500,
    "image_size": 64,
    "learning_rate": 0.1,
    "monitor": 100,
    "steps": 1000,
}
"""Examples of what has no one number by default."""
_WORDS = {"predict": " runs/digits-1 photo.png", "explain": " KR101"}


class Command(TyperCommand):
    """A command that says what to write where its line cannot be read."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True  # words that are left over are answered here
        given = list(args)
        try:
            rest = super().parse_args(ctx, args)
        except _Unreadable as error:
            raise _told(ctx, error, given) from None
        if rest and not ctx.resilient_parsing:
            raise _left_over(ctx, rest)
        ctx.params.update({k: _from_home(v) for k, v in ctx.params.items()})
        return rest


class Commands(TyperGroup):
    """All commands; a misspelt one is answered with those that are near."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except _Unreadable as error:
            if not given:  # the help is shown
                raise
            raise _told(ctx, error, given) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = self.list_commands(ctx)
        if args[0] in known:
            return super().resolve_command(ctx, args)
        near = ", ".join(_near(args[0], known)) or "--help"
        if at_home(args[0]).exists():
            near = f"inspect {args[0]}"
        raise ResidualError(
            "keras-residual: there is no such command.",
            given=args[0],
            needed=f"Commands are {listed(known, len(known))}.",
            write=f"keras-residual {near}",
        )


def _from_home(given: Any) -> Any:
    """Returns what was given, with the home folder for a `~` that shells leave."""
    if isinstance(given, list | tuple):
        return [_from_home(one) for one in given]
    tilde = isinstance(given, str | Path) and str(given).startswith("~")
    return type(given)(at_home(given)) if tilde else given


def _told(ctx: Any, error: Any, given: list[str]) -> ResidualError:
    """Says what is wrong by what the error holds; its message is not parsed."""
    known = {name: one for one in _options(ctx) for name in one.opts}
    option, one = getattr(error, "option_name", None), getattr(error, "param", None)
    if option in known:
        return _unfit(ctx, known[option], "no value")
    if option is not None:
        return _unknown(ctx, option, known)
    if one is not None and one.param_type_name == "option":
        return _unfit(ctx, one, _behind(one, given), error.message.rstrip("."))
    return ResidualError(
        f"{ctx.info_name}: {error.format_message()}",
        needed=getattr(one, "help", None) or "",
        write=_whole(ctx),
    )


def _unknown(ctx: Any, option: str, known: dict[str, Any]) -> ResidualError:
    near = _near(option, known)
    rows = [f"{name}: {known[name].help}" for name in near]
    every = f"Its options are {listed(known, len(known))}."
    return ResidualError(
        f"{ctx.info_name}: there is no such option.",
        given=option,
        needed="\n".join(rows) or every,
        write=" or ".join(near) or _whole(ctx, " --help"),
    )


def _unfit(ctx: Any, one: Any, given: str, why: str = "") -> ResidualError:
    value = getattr(Recipe, str(one.name), None) if one.default is None else one.default
    if value is None:
        value = _NUMBERS.get(str(one.name)) or one.metavar or str(one.name).upper()
    return ResidualError(
        f"{ctx.info_name}: {one.opts[0]} has no value that fits.",
        given=given,
        needed="\n".join(filter(None, [why and f"{why}.", one.help])),
        write=f"{one.opts[0]} {value}",
    )


def _behind(one: Any, given: list[str]) -> str:
    """Returns what stands behind an option, which Typer's error does not hold."""
    words = [part for word in given for part in word.split("=", 1)]
    return next((b for a, b in pairwise(words) if a in one.opts), "")


def _left_over(ctx: Any, words: list[str]) -> ResidualError:
    """Says to which option the words belong that stand alone."""
    names = [name for one in _options(ctx) for name in one.opts]
    there = words[0] in _NAMED or at_home(words[0]).exists()
    write = _whole(ctx)
    if ctx.info_name == "rules":
        write = f"keras-residual explain {words[0]}"
    elif "--data" in names and (there or write == _path(ctx)):
        write += f" --data {words[0]}"
    elif "--out" in names:
        write += f" --out {words[0]}"
    return ResidualError(
        f"{ctx.info_name}: words are left over.",
        given=" ".join(words),
        needed="What a command looks at stands first, every other value behind its "
        "option.",
        write=write,
    )


def _near(word: str, known: Any) -> list[str]:
    """Returns what begins with a letter, has these first letters, or is spelt alike."""
    bare = word.lstrip("-").casefold()
    spelt = {name.lstrip("-"): name for name in known}
    if len(bare) < 2:
        return [full for name, full in spelt.items() if name[:1] == bare]
    for name, full in spelt.items():
        if bare == "".join(part[:1] for part in name.split("-")):
            return [full]
    near = nearest(bare, spelt).split(", ")
    return [] if len(near) == len(spelt) > 3 else [spelt[name] for name in near]


def _whole(ctx: Any, alone: str = "") -> str:
    """Returns the command as one writes it, without its options."""
    every = ctx.command.get_params(ctx)
    needs = any(one.param_type_name == "argument" and one.required for one in every)
    words = _WORDS.get(ctx.info_name, " model.keras" if needs else alone)
    return f"{_path(ctx)}{words}"


def _path(ctx: Any) -> str:
    return f"keras-residual {ctx.info_name}" if ctx.parent else "keras-residual"


def _options(ctx: Any) -> list[Any]:
    every = ctx.command.get_params(ctx)
    named = [one for one in every if one.param_type_name == "option"]
    return [one for one in named if one.name != "help"]
