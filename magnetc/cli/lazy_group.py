"""A group of commands that are imported when they run: `--help` must not wait for a compiler."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Knows its commands by name and line (`lines`); the module `ROOM.NAME` is imported only to run one."""

    def __init__(self, *args: Any, room: str, lines: Mapping[str, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.room, self.lines = room, lines

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lines:
            return None
        return import_module(f"{self.room}.{cmd_name.replace('-', '_')}").command

    def resolve_command(self, ctx: click.Context, args: list[str]):
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from magnetc.diagnostics.suggest import closest

            near = closest(args[0], list(self.lines)) if args else None
            if near:
                raise click.UsageError(f"{error.message.rstrip('.')}; did you mean `{near}`?", error.ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines.items()))
