"""The share of what a whole period costs: each line's part, and what tells it."""

from collections.abc import Iterable

from streams.model.days import SHARE
from streams.model.money import CONTEXT, quantize_line
from streams.model.rated import ChargeLine


def shared(lines: Iterable[ChargeLine], part: int, whole: int) -> list[ChargeLine]:
    """Each line with `part / whole` of its amount, rounded once; the line says of how much."""
    told = {SHARE: f"{part}/{whole}"}
    return [
        ChargeLine(
            line.rule,
            line.price,
            line.unit,
            line.quantity,
            line.unit_amount,
            quantize_line(CONTEXT.divide(CONTEXT.multiply(line.amount, part), whole)),
            line.detail | told,
        )
        for line in lines
    ]
