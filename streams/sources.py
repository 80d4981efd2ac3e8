"""Which source platform a record belongs to: the catalogs in force of all tenants, by topic.

A tenant comes from the platform that takes a record, never from the record. Two platforms that
claim the same record are a mistake of the catalogs; such a record is refused, not guessed.
"""

from collections.abc import Iterable, Mapping

from streams.mediate import Mediated, MediationPlan, PlatformPlan, Refusal
from streams.model.event import Arrival, PlainRecord
from streams.model.instant import Instant
from streams.outcome import Reject, RejectReason
from streams.parse.cloudevents import is_cloudevent, refuse_cloudevent
from streams.plain.values import shown
from streams.state import CatalogMarks

Item = PlainRecord | list[str]
"""What a decoder made of one record: an object, or the fields of a line."""
Found = tuple[PlatformPlan, PlainRecord]


class TopicPlan:
    """The platforms of one topic, in the order they are asked."""

    def __init__(self, platforms: Iterable[PlatformPlan]) -> None:
        self._by_type: dict[str, list[PlatformPlan]] = {}
        self._any_type: list[PlatformPlan] = []
        self._json: list[PlatformPlan] = []
        self._csv: dict[tuple[str, int], list[tuple[PlatformPlan, tuple[str, ...]]]] = {}
        for plan in platforms:
            platform = plan.platform
            if platform.format == "json":
                self._json.append(plan)
            elif platform.format == "csv":
                if platform.csv is not None:
                    columns = platform.csv.columns
                    layout = (platform.csv.delimiter, len(columns))
                    self._csv.setdefault(layout, []).append((plan, columns))
            elif platform.match.type:
                self._by_type.setdefault(platform.match.type, []).append(plan)
            else:
                self._any_type.append(plan)
        for listed in self._by_type.values():
            listed.extend(self._any_type)
        self._sole = {
            kind: listed[0]
            for kind, listed in self._by_type.items()
            if len(listed) == 1 and listed[0].matches is None
        }
        delimiters = dict.fromkeys(delimiter for delimiter, _width in self._csv)
        self.delimiters = tuple(delimiters) or (",",)

    def find(self, item: Item, arrival: Arrival, delimiter: str) -> Found | Reject:
        """The platform that a record belongs to, and the record by its fields' names.

        Most CloudEvents are told by their type alone.
        """
        if type(item) is list:
            return self._find_row(item, arrival, delimiter)
        assert isinstance(item, dict)
        kind = item.get("type")
        if type(kind) is str and item.get("specversion") == "1.0":
            sole = self._sole.get(kind)
            if sole is not None:
                return sole, item
        if not is_cloudevent(item):
            return _only(self._json, item, arrival, "a JSON record")
        refused = refuse_cloudevent(item)
        if refused is not None:
            return refused
        listed = self._by_type.get(item["type"], self._any_type)
        return _only(listed, item, arrival, f"type {shown(kind)}")

    def _find_row(self, row: list[str], arrival: Arrival, delimiter: str) -> Found | Reject:
        fitting: list[Found] = []
        laid_out = self._csv.get((delimiter, len(row)), ())
        for plan, columns in laid_out:
            plain: PlainRecord = dict(zip(columns, row, strict=True))
            if plan.matches is None or plan.matches(plain, arrival.headers):
                fitting.append((plan, plain))
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return _claimed_twice([plan for plan, _plain in fitting])
        if laid_out:
            detail = f"no source platform takes a line that begins with {shown(row[0])}"
            return Reject(RejectReason.UNKNOWN_SOURCE, detail)
        detail = f"neither JSON nor a line of a known layout, it has {len(row)} columns"
        return Reject(RejectReason.NOT_PARSABLE, detail)


class MediationPlans:
    """The catalog versions in force of all tenants. Immutable; made anew when a mark arrives."""

    def __init__(
        self, plans: Mapping[str, MediationPlan], marks: Mapping[str, CatalogMarks]
    ) -> None:
        self._versions: dict[str, list[tuple[Instant, MediationPlan]]] = {}
        for tenant, marked in sorted(marks.items()):
            known = [(at, plans[version]) for at, version in marked.marks if version in plans]
            if known:
                self._versions[tenant] = known
        newest = [versions[-1][1] for versions in self._versions.values()]
        self._starts = {tenant: known[-1][0] for tenant, known in self._versions.items()}
        self._topics = {topic: _topic_plan(newest, topic) for topic in _topics(newest)}
        self.delimiters = {topic: plan.delimiters for topic, plan in self._topics.items()}
        """By topic: what may part the fields of lines."""
        self._earlier: dict[tuple[str, str], TopicPlan] = {}

    def mediate(self, item: Item, arrival: Arrival, delimiter: str = "") -> Mediated | Refusal:
        """Run one record through the chain, by the catalog version in force at its time.

        The newest version finds the platform and the time. What happened before that version came
        into force is done again by the one before; what is older than all, by the newest.
        """
        topic = self._topics.get(arrival.topic)
        if topic is None:
            return Refusal("parse", self._refuse_topic(arrival.topic))
        found = topic.find(item, arrival, delimiter)
        if type(found) is Reject:
            return Refusal("parse", found)
        plan, plain = found
        result = plan.mediate(plain, arrival)
        event = result.event
        if event is None or event.occurred_at >= self._starts[plan.tenant]:
            return result
        earlier = self._earlier_topic(plan.tenant, arrival.topic, event.occurred_at)
        return _mediate(earlier, item, arrival, delimiter) if earlier else result

    def _refuse_topic(self, topic: str) -> Reject:
        if self._versions:
            return Reject(RejectReason.UNKNOWN_SOURCE, f"no source platform reads topic {topic}")
        return Reject(RejectReason.NO_CATALOG, "no catalog is active", lacks="catalog:")

    def _earlier_topic(self, tenant: str, topic: str, occurred_at: Instant) -> TopicPlan | None:
        for start, plan in reversed(self._versions[tenant]):
            if start <= occurred_at:
                found = self._earlier.get((plan.version, topic))
                if found is None:
                    found = _topic_plan((plan,), topic)
                    self._earlier[plan.version, topic] = found
                return found
        return None


def _topics(plans: Iterable[MediationPlan]) -> list[str]:
    return sorted({each.platform.topic for plan in plans for each in plan.platforms})


def _topic_plan(plans: Iterable[MediationPlan], topic: str) -> TopicPlan:
    return TopicPlan(
        each for plan in plans for each in plan.platforms if each.platform.topic == topic
    )


def _mediate(topic: TopicPlan, item: Item, arrival: Arrival, delimiter: str) -> Mediated | Refusal:
    found = topic.find(item, arrival, delimiter)
    if type(found) is Reject:
        return Refusal("parse", found)
    plan, plain = found
    return plan.mediate(plain, arrival)


def _only(
    candidates: list[PlatformPlan], plain: PlainRecord, arrival: Arrival, what: str
) -> Found | Reject:
    fitting: list[PlatformPlan] = []
    for plan in candidates:
        if plan.matches is None or plan.matches(plain, arrival.headers):
            fitting.append(plan)
    if len(fitting) == 1:
        return fitting[0], plain
    if fitting:
        return _claimed_twice(fitting)
    return Reject(RejectReason.UNKNOWN_SOURCE, f"no source platform takes {what}")


def _claimed_twice(plans: list[PlatformPlan]) -> Reject:
    names = ", ".join(f"{plan.tenant}/{plan.platform.id}" for plan in plans)
    return Reject(RejectReason.UNKNOWN_SOURCE, f"several source platforms claim it: {names}")
