"""`magnetc trust DIR`: remember that the code of a recipe may run, by its content."""

from __future__ import annotations

from pathlib import Path

import click

from magnetc.cli.report import diagnosed, fail
from magnetc.diagnostics import Sink


@click.command("trust")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Trust the code of the recipe in FOLDER, as it is now, here and wherever it is copied to."""
    from magnetc.build.lock import wanted_imports
    from magnetc.frontend import load
    from magnetc.frontend.include import ROOTS
    from magnetc.frontend.load import read_recipe
    from magnetc.tools.importers import IMPORTERS
    from magnetc.tools.trust import code_digest, code_files, command_digest, trust
    from magnetc.tools.worlds.kind import world_kind

    sink = Sink()
    folder = next((folder / "recipe" for name in ROOTS if (folder / "recipe" / name).is_file()), folder)
    with diagnosed(sink, folder=folder):
        documents = read_recipe(folder, sink)
        commands = [argument for name, argument in wanted_imports(documents or ()) if name == "mcp"]
        for each in commands:
            trust(command_digest(each), folder)
            click.echo(f"  {each}", err=True)
        sink = Sink()
        spec = load(folder, sink, IMPORTERS)
        if spec is None:
            fail(sink, folder=folder)
        trust(code_digest(folder, spec.recipe.world), folder)
    home = folder / spec.recipe.world.folder
    for path in code_files(home):
        click.echo(f"  {path.as_posix()}", err=True)
    for text in world_kind(spec.recipe.world).runs(spec.recipe.world, home):
        click.echo(f"  {text}", err=True)
    click.echo(f"trusted: the code of `{spec.recipe.name}`", err=True)
