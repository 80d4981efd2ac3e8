"""The last screen of the demonstration: what happened, what it proves, what to try next."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from infra.demo.proof import Proof, Rows
from infra.demo.run import DemoOutcome

_ENDS = ("in", "charged", "ignored", "duplicate", "suspended", "error", "pending", "made")


def show(screen: Console, outcome: DemoOutcome, proof: Proof, *, kept: bool) -> None:
    """Print everything."""
    screen.print()
    _show_counts(screen, proof)
    _show_rows(screen, "Revenue by product", proof.revenue)
    _show_rows(screen, "Busiest accounts", proof.accounts)
    _show_rows(screen, "Alerts", proof.alerts)
    _show_rows(screen, "Suspense, and what became of it", proof.suspense)
    _show_proof(screen, outcome, proof)
    screen.print(Panel(_next(proof, kept), title="What to try next", title_align="left"))


def _show_counts(screen: Console, proof: Proof) -> None:
    records = proof.report.records
    table = _table("Where every record ended", _ENDS, numbers=_ENDS)
    table.add_row(*(f"{records.get(name, 0):,}" for name in _ENDS))
    screen.print(table)


def _show_rows(screen: Console, title: str, rows: Rows) -> None:
    if not rows:
        return
    numbers = [name for name, value in rows[0].items() if not isinstance(value, str)]
    table = _table(title, list(rows[0]), numbers=numbers)
    for row in rows:
        table.add_row(*(_text(value) for value in row.values()))
    screen.print(table)


def _table(title: str, columns: Sequence[str], *, numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left")
    return table


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


def _show_proof(screen: Console, outcome: DemoOutcome, proof: Proof) -> None:
    sent = sum(outcome.kinds.get(kind, 0) for kind in outcome.kinds if kind not in _PRODUCER_OWN)
    rate = sent / outcome.seconds
    screen.print(
        f"[bold]{sent:,}[/] records in {outcome.seconds:.0f} s:"
        f" [bold]{rate:,.0f}[/] a second, from the producer to the database."
        f" At most {outcome.suspended_most:,} waited in suspense.",
        highlight=False,
    )
    clean = sum(finding.is_clean for finding in proof.report.findings)
    checks = len(proof.report.findings)
    if proof.report.is_ok:
        screen.print(f"[green]✓[/] Audit: gap 0, {clean} of {checks} checks hold", highlight=False)
    else:
        wrong = ", ".join(f.name for f in proof.report.findings if not f.is_clean)
        screen.print(f"[red]✗[/] Audit: {wrong}", highlight=False)


_PRODUCER_OWN = frozenset(("acknowledged", "failed"))


def _next(proof: Proof, kept: bool) -> str:
    account = proof.accounts[0]["account"] if proof.accounts else "ACCOUNT"
    lines = [
        "vivace audit                     prove it again, from the stored data",
        f"{f'vivace balance {account}':32} what an account holds and owes",
        "vivace suspense list             what waits, and for what",
        f"vivace explain {proof.event_id}",
        "                                 from an amount back to the bytes that caused it",
        "vivace down                      end everything",
    ]
    if not kept:
        lines = ["make demo KEEP=1                 leave it running, then:", *lines]
    return "\n".join(lines)
