"""The table at the end of a run: how many cases of each feature passed, failed, cannot be told."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.cases.claimed import EXCEPT, is_claimed
from tests.cases.run import FAILED, NOT_YET, PASSED

Ended = tuple[str, str, str, str]
"""Place and id of a case, its feature, how it ended, why."""


def summary(ended: list[Ended]) -> Iterator[str]:
    """The lines of the table, then every case that failed, then all missing words."""
    by_feature: dict[str, Counter[str]] = defaultdict(Counter)
    for _, feature, status, _ in ended:
        by_feature[feature][status] += 1
    yield f"{'feature':38} {'passed':>6} {'failed':>6} {'not expressible':>15}"
    for feature, counts in sorted(by_feature.items()):
        mark = "" if is_claimed(feature) else "  (not claimed)"
        shown = f"{counts[PASSED]:6} {counts[FAILED]:6} {counts[NOT_YET]:15}"
        yield f"{feature:38} {shown}{mark}"
    counts = Counter(status for _, _, status, _ in ended)
    told_of = [each for each in (PASSED, FAILED, NOT_YET) if counts[each] or each == PASSED]
    yield f"{len(ended)} cases: " + ", ".join(f"{counts[each]} {each}" for each in told_of)
    for place, feature, status, told in ended:
        if status == FAILED:
            yield f"failed: {place} {feature}: {told}"
    missing = Counter((told, feature) for _, feature, status, told in ended if status == NOT_YET)
    for (told, feature), count in sorted(missing.items()):
        yield f"not expressible: {told}: {count} of {feature}"
    for feature, why in EXCEPT.items():
        yield f"not claimed: {feature}: {why}"
