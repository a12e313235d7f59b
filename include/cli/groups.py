"""Groups of commands: their help cuts no sentence, and a misspelt name gets the right one."""

from collections.abc import Iterable

import click


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the one of the names that may have been meant; empty where none is near."""
    # Only an error needs it, and every command imports this module.
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(names), n=1)), "")


class Group(click.Group):
    """Commands of one thing, such as `cca iceberg`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, names = args[0], self.list_commands(ctx)
        # A shell that completes the rest of a line wants no error.
        is_asked = not (ctx.resilient_parsing or name.startswith("-"))
        if is_asked and name not in names:
            near = nearest(name, names)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.sentence(ctx, name)) for name in self.list_commands(ctx)]
            )

    def sentence(self, ctx: click.Context, name: str) -> str:
        """Return what a command does, in one whole sentence."""
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=1000) if command else ""
