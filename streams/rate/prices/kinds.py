"""From what a catalog says to what is charged by: every kind of price and its compiled form.

A kind that prices every record alike gives a price for each of its units; one that asks the record
gives a binder for all of them.
"""

from streams.model.cost_plus import CostPlus
from streams.model.prices import (
    Blocks,
    Capacity,
    Composite,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Package,
    Percentage,
    PerUnit,
    PriceKind,
    Stairstep,
    ThresholdPrice,
    Volume,
)
from streams.model.sla import Sla
from streams.model.trade_prices import Beat, Ev, LlmTokens, TelecomRate
from streams.rate.prices.beat import BeatPrice
from streams.rate.prices.blocks import AllTiersPrice, TopTierPrice
from streams.rate.prices.capacity import CapacityPrice
from streams.rate.prices.composite import CompositePrice, add_up
from streams.rate.prices.cost_plus import CostPlusPrice
from streams.rate.prices.dynamic import CostFromRecord, MultipliedPrice
from streams.rate.prices.ev import EvPrice
from streams.rate.prices.evaluated import EvaluatedPrice
from streams.rate.prices.evaluated_tiers import Evaluable
from streams.rate.prices.flat import FlatOfFirst, FlatPrice
from streams.rate.prices.graduated import GraduatedPrice
from streams.rate.prices.graduated_percentage import GraduatedPercentagePrice
from streams.rate.prices.llm_tokens import TokenPrices
from streams.rate.prices.matrix import MatrixPrice
from streams.rate.prices.package import PackagePrice, SharePrice
from streams.rate.prices.per_unit import PerUnitPrice
from streams.rate.prices.percentage import PercentagePrice
from streams.rate.prices.price import Binder, Compiled, Label, UnitPrice
from streams.rate.prices.sla import SlaPrice
from streams.rate.prices.stairstep import StairstepPrice
from streams.rate.prices.telecom_rate import CallOfRecord, CallPrice
from streams.rate.prices.threshold import LevelPrice
from streams.rate.prices.volume import ProspectivePrice, ProvisionalPrice, VolumePrice


def compile_kind(kind: PriceKind, label: Label) -> list[Compiled]:
    """The compiled prices of one row."""
    if isinstance(kind, Evaluable) and kind.reference in label.evaluations:
        return [EvaluatedPrice(kind, label)]
    match kind:
        case PerUnit(amounts=amounts, per=per):
            return [
                PerUnitPrice(unit, label, amount=amount, per=per)
                for unit, amount in amounts.items()
            ]
        case Graduated():
            return [GraduatedPrice(kind, label)]
        case Flat(units=(unit,)):
            return [FlatPrice(unit, label, amount=kind.amount)]
        case Flat():
            return [FlatOfFirst(kind, label)]
        case Composite():
            return _compile_composite(kind, label)
        case LlmTokens():
            prices = TokenPrices(kind, label)
            return [*prices.prices_of(0, {}).values()] if prices.is_fixed else [prices]
        case TelecomRate():
            asks = kind.continuation or kind.elapsed
            return [CallOfRecord(kind, label) if asks else CallPrice(kind, label)]
        case Ev():
            return [EvPrice(kind, label)]
        case CostPlus():
            return [CostPlusPrice(kind, label)]
        case Sla():
            return [SlaPrice(kind, label)]
        case _:
            return [_compile_more(kind, label)]


def _compile_more(kind: PriceKind, label: Label) -> Compiled:
    match kind:
        case Package():
            is_shared = kind.rounding == "exact"
            return SharePrice(kind, label) if is_shared else PackagePrice(kind, label)
        case Volume(provisional=int()):
            return ProvisionalPrice(kind, label)
        case Volume(mode="prospective"):
            return ProspectivePrice(kind, label)
        case Volume():
            return VolumePrice(kind, label)
        case Stairstep():
            return StairstepPrice(kind, label)
        case Blocks(policy="top_tier"):
            return TopTierPrice(kind, label)
        case Blocks():
            return AllTiersPrice(kind, label)
        case ThresholdPrice():
            return LevelPrice(kind, label)
        case Beat():
            return BeatPrice(kind, label)
        case Capacity():
            return CapacityPrice(kind, label)
        case Percentage():
            return PercentagePrice(kind, label)
        case GraduatedPercentage():
            return GraduatedPercentagePrice(kind, label)
        case Matrix():
            return MatrixPrice(kind, label)
        case Dynamic(cost=""):
            return MultipliedPrice(kind.unit, label, amount=kind.multiplier)
        case Dynamic():
            return CostFromRecord(kind, label)
        case _:
            raise AssertionError(f"{type(kind).__name__} is no kind of price")


def _compile_composite(composite: Composite, label: Label) -> list[Compiled]:
    """A sum for each unit, or one binder where a part has to ask the record."""
    parts: list[Compiled] = []
    for number, kind in enumerate(composite.parts, start=1):
        parts += compile_kind(kind, label.part(number))
    fixed = [part for part in parts if not isinstance(part, Binder)]
    if len(fixed) < len(parts):
        return [CompositePrice(parts)]
    by_unit: dict[str, list[UnitPrice]] = {}
    for part in fixed:
        by_unit.setdefault(part.unit, []).append(part)
    return [add_up(each) for each in by_unit.values()]
