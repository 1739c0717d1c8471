"""The usage line as manuals write it: `logs COMPONENT|DAG [TASK]`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """typer puts braces around what is required."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


class DiscreetCommand(Command):
    """Does not repeat words that are too many: one may be a password."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        if super().parse_args(ctx, args):
            ctx.fail("There are too many words. A password is never one of them.")
        return []
