"""The command tree's root, and how errors become exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from twin import __version__
from twin.errors import ConfigError, DataError, OutputExistsError, TwinError

app = typer.Typer(
    name="twin",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="An agent-based digital twin of China's national EV charging network.",
    epilog="Exit codes: 0 done, 1 the run failed, 2 the input is wrong and nothing was written, 130 interrupted.",
)


Lang = Annotated[Literal["en", "zh"], typer.Option("--lang", help="Language of the page: English or Chinese.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"twin {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    traceback: Annotated[bool, typer.Option("--traceback", help="Show where in the code an error arose.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    context.obj = {"traceback": traceback}


def exit_code(error: TwinError) -> int:
    """2 where the input is wrong and nothing was done, 1 where a run failed."""
    return 2 if isinstance(error, ConfigError | DataError | OutputExistsError) else 1


@contextmanager
def told(context: typer.Context) -> Iterator[None]:
    """Print the errors meant for users on stderr, one fault per line, and leave with their exit code."""
    try:
        yield
    except TwinError as error:
        if context.obj["traceback"]:
            raise
        print(f"twin: {type(error).__name__}", *str(error).splitlines(), sep="\n  ", file=sys.stderr)
        raise typer.Exit(exit_code(error)) from None


INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


@contextmanager
def going_on(context: typer.Context, folder: Path) -> Iterator[None]:
    """After Ctrl-C, say what is left of a run and how to go on with it."""
    try:
        yield
    except KeyboardInterrupt:
        from twin.store import unfinished_day

        day = unfinished_day(folder)
        left = (
            f"kept up to the end of day {day}; repeat the command with --resume"
            if day
            else ("nothing is kept; --checkpoint keeps the state at every midnight")
        )
        print(f"twin: interrupted\n  {folder}: {left}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
