"""`magnetc explain CODE`: what a diagnostic means, why it matters, an example and its repair."""

from __future__ import annotations

import click

from magnetc.cli.report import USAGE


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain diagnostic CODE; without it, list all codes."""
    from magnetc.diagnostics.explain import codes, explain
    from magnetc.diagnostics.suggest import closest

    if code is None:
        for known in codes():
            title = (explain(known) or "").splitlines()[0].lstrip("# ")
            click.echo(title)
        return
    page = explain(code.upper())
    if page is None:
        near = closest(code.upper(), codes())
        click.echo(f"there is no code `{code}`" + (f"; did you mean `{near}`?" if near else ""), err=True)
        raise SystemExit(USAGE)
    click.echo(page.rstrip("\n"))
