"""vivace catalog: check catalogs, and put them into force."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from connectors.catalog.importers import IMPORTERS, ImportOptions, SourceRefused
from connectors.catalog.load import read_catalog
from connectors.catalog.problem import CatalogProblem
from connectors.catalog.resolution.dates import instant_at
from connectors.catalog.schema import SCHEMA_NAME, schema_text
from connectors.clock import now
from connectors.errors import Refused
from connectors.kafka import catalog_topic
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, errors, print_json
from infra.up import load_settings
from streams.model.catalog import Catalog, version_of
from streams.model.instant import BEGINNING, Instant, format_instant

app = typer.Typer()
commands = typer.Typer(
    name="catalog", help="Check catalogs, and put them into force.", no_args_is_help=True
)
app.add_typer(commands)

Folder = Annotated[Path, typer.Argument(help="The catalog's folder of YAML files.")]


@commands.command()
def validate(folder: Folder, as_json: JsonOption = False) -> None:
    """Check a catalog and print every problem with its file and line."""
    catalog = _checked(folder, as_json)
    if as_json:
        print_json({"ok": True, "version": version_of(catalog), "problems": [], **_sizes(catalog)})
        return
    sizes = ", ".join(f"{count} {name}" for name, count in _sizes(catalog).items())
    console.print(f"[green]{folder} is sound[/]: version {version_of(catalog)}, {sizes}")


@commands.command()
def activate(
    folder: Folder,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Day or instant, or `now`; a first version: always."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a catalog, publish it, and make its prices count from a moment on."""
    catalog = _checked(folder, as_json)
    begin = _start(start)
    settings = load_settings(data).kafka
    catalog_topic.publish(settings, catalog)
    mark = catalog_topic.activate(
        settings, tenant=catalog.tenant, version=version_of(catalog), start=begin
    )
    since = "always" if mark.start == BEGINNING else format_instant(mark.start)
    if as_json:
        print_json({"tenant": mark.tenant, "version": mark.version, "from": since})
    else:
        console.print(f"{mark.tenant} uses catalog {mark.version} from {since} on")


@commands.command(name="import")
def import_source(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(IMPORTERS)}.")],
    source: Annotated[
        Path, typer.Argument(help="File or folder; for genai-prices also `package`.")
    ],
    into: Annotated[Path, typer.Option("--into", help="A new or empty folder for the catalog.")],
    tenant: Annotated[str, typer.Option(help="Whose catalog it becomes.")] = "imported",
    currency: Annotated[str, typer.Option(help="Currency of prices that name none.")] = "USD",
) -> None:
    """Make a catalog of a foreign price table."""
    if kind not in IMPORTERS:
        errors.print(f"no kind {kind!r}: expected one of {', '.join(IMPORTERS)}", style="red")
        raise typer.Exit(ExitCode.USAGE)
    options = ImportOptions(tenant=tenant, currency=currency)
    bar = Progress(TextColumn(kind), BarColumn(), MofNCompleteColumn(), console=errors)
    try:
        with bar:
            task = bar.add_task(kind, total=None)
            folder = IMPORTERS[kind](
                source, options, lambda done, total: bar.update(task, completed=done, total=total)
            )
        folder.write(into)
    except SourceRefused as error:
        for problem in error.problems:
            console.print(str(problem), soft_wrap=True, markup=False, highlight=False)
        errors.print(f"{len(error.problems)} mistakes; nothing was written", style="red")
        raise typer.Exit(ExitCode.FAILED) from error
    except Refused as error:
        errors.print(str(error), style="red")
        raise typer.Exit(ExitCode.FAILED) from error
    for note in folder.notes:
        console.print(f"left out: {note}")
    console.print(f"{into}: {', '.join(folder.files)} written")
    validate(into)


@commands.command()
def schema(
    target: Annotated[Path, typer.Argument(help="Where to write it.")] = Path(SCHEMA_NAME),
) -> None:
    """Write the JSON schema of catalog files, for editors."""
    target.write_text(schema_text(), encoding="utf-8")
    console.print(f"{target} written")


def _checked(folder: Path, as_json: bool) -> Catalog:
    found = read_catalog(folder)
    if isinstance(found, Catalog):
        return found
    if as_json:
        print_json({"ok": False, "version": None, "problems": found})
    else:
        _show(folder, found)
    raise typer.Exit(ExitCode.FAILED)


def _show(folder: Path, problems: list[CatalogProblem]) -> None:
    for problem in problems:
        console.print(
            f"{folder / problem.file}:{problem.line}: {problem.severity}: {problem.message}"
            + (f" ({problem.pointer})" if problem.pointer else ""),
            soft_wrap=True,
            markup=False,
            highlight=False,
        )
    count = len(problems)
    errors.print(f"{count} problem{'s' if count > 1 else ''}; nothing was loaded", style="red")


def _sizes(catalog: Catalog) -> dict[str, int]:
    return {
        "price_plans": len(catalog.price_plans),
        "offers": sum(len(plan.offers) for plan in catalog.price_plans),
        "prices": sum(len(offer.prices) for plan in catalog.price_plans for offer in plan.offers),
        "source_platforms": len(catalog.source_platforms),
    }


def _start(text: str | None) -> Instant | None:
    if text is None:
        return None
    if text == "now":
        return now() + catalog_topic.ACTIVATE_AHEAD
    start = BEGINNING if text == "always" else instant_at(text)
    if start is None:
        errors.print(f"--from {text!r} is no date: expected one like 2026-01-31", style="red")
        raise typer.Exit(ExitCode.USAGE)
    return start
