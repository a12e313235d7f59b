"""Groups of commands: their help cuts no sentence, and a misspelt name gets the right one."""

from difflib import get_close_matches

import click


class Group(click.Group):
    """Commands of one thing, such as `cca iceberg`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, names = args[0], self.list_commands(ctx)
        # A shell that completes the rest of a line wants no error.
        is_asked = not (ctx.resilient_parsing or name.startswith("-"))
        if is_asked and name not in names:
            near = get_close_matches(name, names, n=1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]}?" if near else ""))
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
