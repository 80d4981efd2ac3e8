"""vivace audit: prove from stored data, at a cut it names, that nothing is lost or doubled."""

from typing import Annotated

import typer
from rich.table import Table

from connectors.clickhouse.audit import Report, audit, await_cut, compare_with_log
from connectors.clickhouse.client import Database
from connectors.kafka.client import describe_topics
from connectors.kafka.ledger import ledger_topic
from connectors.kafka.marks import take_mark
from infra.cli.options import DataOption, JsonOption
from infra.cli.screen import ExitCode, console, print_json
from infra.up import load_settings

app = typer.Typer()


@app.command(name="audit")
def audit_command(
    against_kafka: Annotated[
        bool,
        typer.Option("--against-kafka", help="Also compare each stored charge with the ledger."),
    ] = False,
    within: Annotated[
        float, typer.Option(help="Seconds to wait until all that was read is stored.")
    ] = 30.0,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that in = charged + ignored + duplicate + suspended + error + pending, to the digit.

    Charges that no source sent (fees, what was forfeited) are counted beside them as made.

    Exit code 1 where anything differs.
    """
    settings = load_settings(data)
    topic = ledger_topic(settings.kafka)
    with Database(settings.clickhouse) as database:
        mark = take_mark(settings.kafka)
        ledger_id = describe_topics(settings.kafka, [topic])[topic].topic_id
        cut = await_cut(database, mark, ledger_id=ledger_id, within_s=within)
        report = audit(database, cut)
        if against_kafka:
            report = report.with_finding(compare_with_log(database, cut, settings.kafka))
    if as_json:
        print_json(report.as_json())
    else:
        _show(report)
    if not report.is_ok:
        raise typer.Exit(ExitCode.FAILED)


def _show(report: Report) -> None:
    found = report.as_json()
    counts = Table(title="Records by source position", title_justify="left")
    for name in found["records"]:
        counts.add_column(name, justify="right")
    counts.add_row(*(f"{int(count):,}" for count in found["records"].values()))
    console.print(counts)
    for currency, amount in found["amounts"].items():
        console.print(f"charged {amount} {currency}")
    checks = Table("check", "meaning", "result", title="Checks", title_justify="left")
    for finding in report.findings:
        wrong = f"[red]{finding.records} records, {finding.rows} rows, value {finding.value:f}"
        checks.add_row(finding.name, finding.meaning, "[green]ok" if finding.is_clean else wrong)
    console.print(checks)
    for finding in report.findings:
        for example in finding.examples:
            console.print(f"{finding.name}: {example}", style="red", markup=False)
    for message in report.transit:
        console.print(
            f"in transit since {message.sent_at}: {message.kind} {message.message_id}"
            f" from ledger[{message.sender}] to charging[{message.receiver}]"
        )
    ledger = ", ".join(f"{at}/{offset}" for at, offset in found["cut"]["ledger"].items())
    console.print(f"As of ledger positions {ledger}", style="dim")
