"""vivace demo: the whole engine in front of your eyes, from a cold start to a proof."""

from typing import Annotated

import typer

from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.demo.proof import prove
from infra.demo.run import Demo, DemoOptions
from infra.demo.summary import show
from infra.load.trades import TRADES

app = typer.Typer()


@app.command()
def demo(
    data: DataOption = None,
    events: Annotated[int, typer.Option(min=1000, help="How many events are sent.")] = 200_000,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running.")] = False,
    catalog: Annotated[
        str, typer.Option(help="Another example catalog, with usage that fits it.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Start all, let a stranger's producer send usage, and show what came of it.

    Ends with 1 where the audit finds a difference.
    """
    if catalog and catalog not in TRADES:
        raise typer.BadParameter(
            f"expected one of {', '.join(sorted(TRADES))}", param_hint="catalog"
        )
    options = DemoOptions(data=data, events=events, keep=keep, catalog=catalog)
    run = Demo(options, errors if as_json else console)
    try:
        run.start()
        run.refer()
        outcome = run.send()
        proof = prove(run.settings)
    finally:
        if run.started and not keep:
            run.stop()
    if as_json:
        print_json({"kinds": outcome.kinds, "seconds": outcome.seconds} | proof.report.as_json())
    else:
        show(console, outcome, proof, kept=keep or not run.started)
    if not proof.report.is_ok:
        raise typer.Exit(ExitCode.FAILED)
