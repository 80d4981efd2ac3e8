"""Checks of each kind of price, by the word that names it."""

from collections.abc import Callable
from typing import Any, Final

from connectors.catalog.checks.kinds.check import KindCheck
from connectors.catalog.checks.kinds.costs import check_cost_plus
from connectors.catalog.checks.kinds.levels import check_sla
from connectors.catalog.checks.kinds.plain import (
    check_by_attribute,
    check_capacity,
    check_dynamic,
    check_event_amount,
    check_flat,
    check_matrix,
    check_per_unit,
    check_percentage,
)
from connectors.catalog.checks.kinds.tiers import (
    check_blocks,
    check_graduated,
    check_graduated_percentage,
    check_package,
    check_stairstep,
    check_threshold,
    check_volume,
)
from connectors.catalog.checks.kinds.trades import (
    check_beat,
    check_ev,
    check_llm_tokens,
    check_telecom_rate,
)

CHECK_KIND: Final[dict[str, Callable[[Any, KindCheck], None]]] = {
    "per_unit": check_per_unit,
    "standard": check_per_unit,
    "flat": check_flat,
    "package": check_package,
    "graduated": check_graduated,
    "slab": check_graduated,
    "volume": check_volume,
    "stairstep": check_stairstep,
    "blocks": check_blocks,
    "capacity": check_capacity,
    "percentage": check_percentage,
    "graduated_percentage": check_graduated_percentage,
    "dynamic": check_dynamic,
    "dynamic_event_amount": check_event_amount,
    "matrix": check_matrix,
    "by_attribute": check_by_attribute,
    "threshold": check_threshold,
    "telecom_rate": check_telecom_rate,
    "beat": check_beat,
    "llm_tokens": check_llm_tokens,
    "ev": check_ev,
    "cost_plus": check_cost_plus,
    "sla": check_sla,
}
"""By the field of the form."""
