"""Catalogs: everything that is wrong is told at once, with file, line and what was expected."""

from pathlib import Path

import pytest

from connectors.catalog.load import load_catalog, read_catalog
from connectors.catalog.schema import SCHEMA_NAME, schema_text
from connectors.errors import Refused
from streams.model.catalog import Catalog, pack_catalog, unpack_catalog, version_of
from streams.rate.plan import compile_catalog
from tests.connectors.catalog_mistakes import Mistake, check_told, read

EXAMPLES = Path(__file__).parents[2] / "catalog"
SOUND = """\
tenant: shop
grace: 1h
currencies:
  - {code: CHF, rounding: half_up}
usage_types:
  - id: call
    units: [s]
    attributes: [called]
allowances:
  - {id: free, unit: s, usage_units: [s], zones: [home]}
accumulators:
  - {id: monthly}
zone_units:
  - id: world
    attribute: called
    rows:
      "41": home
      "*": abroad
time_units:
  - id: hours
    bands:
      - {band: peak, days: [mon-fri], from: "08:00", to: "20:00"}
    default: offpeak
thresholds:
  - {id: low, watch: balance, resource: CHF, level: 5}
price_plans:
  - id: basic
    currency: CHF
    grants:
      - {allowance: free, quantity: 60}
    offers:
      - id: first
        usage_type: call
        from: 2020-01-01
        zone_unit: world
        time_unit: hours
        impacts: [free, monthly]
        measures:
          s: {minimum: 10, increment: 1}
        prices:
          - when: {zone: home}
            per_unit: {amounts: {s: 0.1}}
          - when: {zone: abroad}
            graduated:
              unit: s
              reference: monthly
              tiers:
                - {up_to: 60, unit_amount: 0.3}
                - {unit_amount: 0.2}
source_platforms:
  - id: switch
    topic: usage
    format: json
    match: {fields: {kind: call}}
    mapping:
      usage_type: call
      service_id: caller
      occurred_at: at
      quantities:
        - {unit: s, field: seconds}
      attributes: {called: called}
    filters:
      - id: short
        drop_when: seconds < 1
    enrich:
      - {kind: number, field: called, region: CH}
"""


# What is changed, the line it is told at (by its text), and what is told.
BROKEN = [
    # reading
    ("tenant: shop", "tenant: [shop", "grace: 1h", "is not YAML"),
    ("tenant: shop", "tenant: {a: 1}", "tenant:", "expected text, found a mapping"),
    ("tenant: shop", "tenant: no", "tenant:", "text is quoted"),
    ("tenant: shop", "tenant: my shop", "tenant:", "does not match"),
    ("tenant: shop\n", "", "grace", '"tenant" stands in none of the files'),
    ("grace: 1h", "grace: soon", "grace:", "'soon' does not match"),
    ("grace: 1h", "grase: 1h", "grase:", 'did you mean "grace"?'),
    ("grace: 1h", "grace: 1h\ngrace: 2h", "grace: 2h", '"grace" stands here twice'),
    ("    units: [s]\n", "", "  - id: call", '"units" is missing'),
    ("    units: [s]\n", "    units: s\n", "units: s", "expected a list, found 's'"),
    ("usage_types:\n  - id: call", "usage_types: call\nother:\n  - id: call",
     "usage_types:", "expected a list"),
    ("quantity: 60", "quantity: lots", "quantity: lots", "expected a decimal number"),
    ("quantity: 60", "quantity: .nan", "quantity: .nan", "expected a decimal number"),
    ("quantity: 60", "quantity: 6e1", "quantity: 6e1", "without exponent"),
    ("rounding: half_up", "rounding: nearest", "code: CHF", "expected one of ceiling"),
    ("minimum: 10", "minimum: [10]", "minimum:", "found a list"),
    # declared
    ("code: CHF, ", "code: XXY, ", "code: XXY", "no currency of ISO 4217"),
    ("code: CHF, ", "code: CHF, digits: 20, ", "digits", "expected at most 12, found 20"),
    ("  - {id: monthly}", "  - {id: monthly}\n  - {id: monthly}", None, "already stands in"),
    ("attributes: [called]", "attributes: [zone]", "attributes: [zone]", "choose another"),
    ('"*": abroad', '"4*": abroad', '"4*"', "is no prefix"),
    ('"41": home', '"41": home\n      "4179": home', '"4179"', 'row changes nothing: "41"'),
    ('from: "08:00"', 'from: "8 am"', "8 am", "does not match"),
    ("days: [mon-fri]", "days: [monday]", "monday", "does not match"),
    (
        "    default: offpeak",
        "      - {band: never, days: [tue], from: '09:00', to: '10:00'}\n    default: offpeak",
        "band: never",
        'band "never" is never reached',
    ),
    (
        "days: [mon-fri], from: \"08:00\", to: \"20:00\"",
        "days: [mon-sun]",
        "default: offpeak",
        '"offpeak" is never reached',
    ),
    # resources
    ("impacts: [free, monthly]", "impacts: [monthly]", "id: free", "is an impact of no offer"),
    ("impacts: [free, monthly]", "impacts: [free]", "id: monthly", "is moved by no offer"),
    ("zones: [home]", "zones: [moon]", "id: free", 'no zone "moon"'),
    ("unit: s, usage_units: [s]", "unit: s, usage_units: [m]", "id: free", 'no unit "m"'),
    ("level: 5", "percent: 5", "id: low", '"of" is missing'),
    ("resource: CHF, level", "resource: EUR, level", "id: low", 'no currency "EUR"'),
    ("watch: balance, resource: CHF, level: 5", "watch: allowance, resource: free, percent: 0",
     "id: low", "expected more than 0"),
    # offers
    ("    currency: CHF\n", "    currency: EUR\n", "currency: EUR", 'no currency "EUR"'),
    ("allowance: free", "allowance: gift", "allowance: gift", 'no allowance "gift"'),
    ("        usage_type: call", "        usage_type: sms", "usage_type: sms", "no usage type"),
    ("        from: 2020-01-01", "        from: 2020-02-30", "2020-02-30", "is no date"),
    ("        from: 2020-01-01", "        from: 2020-01-01\n        until: 2019-01-01",
     "until", "is not after"),
    ("zone_unit: world", "zone_unit: mars", "zone_unit: mars", 'no zone unit "mars"'),
    ("time_unit: hours", "time_unit: days", "time_unit: days", 'no time unit "days"'),
    ("impacts: [free, monthly]", "impacts: [free, monthly, other]", "other", "no allowance or"),
    ("          s: {minimum", "          m: {minimum", "m: {minimum", 'no unit "m"'),
    ("minimum: 10", "minimum: -1", "minimum: -1", "expected 0 or more"),
    # prices
    ("zone: home}\n", "zone: moon}\n", "zone: moon", 'no zone "moon"'),
    ("zone: home}\n", "country: ch}\n", "country", 'no attribute "country"'),
    ("zone: home}\n", "zone: home, band: dusk}\n", "dusk", 'no band "dusk"'),
    ("amounts: {s: 0.1}", "amounts: {s: -0.1}", "-0.1", "expected 0 or more, found -0.1"),
    ("amounts: {s: 0.1}", "amounts: {m: 0.1}", "m: 0.1", 'no unit "m"'),
    ("{amounts: {s: 0.1}}", "{amounts: {s: 0.1}, per: 0}", "per: 0", "expected more than 0"),
    ("            per_unit: {amounts: {s: 0.1}}\n", "", "zone: home", "kind of price, found none"),
    ("zone: abroad}", "zone: home}", "zone: home}", "never reached for s: price 1 asks"),
    ("          - when: {zone: home}\n            per_unit: {amounts: {s: 0.1}}\n", "",
     "prices:", "no price for s in zone home, band offpeak"),
    ("{up_to: 60, unit", "{up_to: 0, unit", "up_to: 0", "tiers must rise"),
    ("{up_to: 60, unit_amount: 0.3}", "{unit_amount: 0.3}", "unit_amount: 0.3", "only the last"),
    ("reference: monthly", "reference: yearly", "reference: yearly", 'no accumulator "yearly"'),
    # source platforms
    ("      usage_type: call", "      usage_type: sms", "usage_type: sms", "no usage type"),
    ("unit: s, field", "unit: m, field", "unit: m", 'no unit "m"'),
    ("drop_when: seconds < 1", "drop_when: seconds <", "drop_when", "expression cannot be read"),
    ("drop_when: seconds < 1", "drop_when: 1 + 1", "drop_when", "a bool is needed"),
    ("region: CH", "region: ZZ", "region: ZZ", "is no region"),
    ("kind: number, field", "kind: guess, field", "kind: guess", "expected lookup or number"),
    ("format: json", "format: csv", "id: switch", '"csv" is missing'),
    ("    topic: usage", "    topic: usage\n    dedupe_window_days: 400", "400", "expected 1 to"),
]  # fmt: skip


def test_the_sound_catalog_is_sound(tmp_path: Path) -> None:
    assert isinstance(read(tmp_path, SOUND), Catalog)


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, mistake: Mistake) -> None:
    check_told(tmp_path, SOUND, mistake)


def test_offers_that_begin_together_or_overlap_are_told(tmp_path: Path) -> None:
    offers = """
  - id: other
    currency: CHF
    offers:
      - id: a
        usage_type: call
        from: 2020-01-01
        until: 2020-07-01
        prices: [&p {per_unit: {amounts: {s: 1}}}]
      - {id: b, usage_type: call, from: 2020-06-01, prices: [*p]}
      - {id: c, usage_type: call, from: 2020-06-01, prices: [*p]}
"""
    text = SOUND.replace("source_platforms:", offers.strip("\n") + "\nsource_platforms:")
    problems = read(tmp_path, text)
    assert isinstance(problems, list)
    assert [problem.message for problem in problems] == [
        'overlaps offer "a" of call, which says that it ends later',
        'offers "b" and "c" of call begin at the same time',
    ]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = SOUND.replace("s: 0.1", "s: -1").replace("watch: balance", "watch: moon")
    text = text.replace("zone_unit: world", "zone_unit: mars").replace("grace:", "grase:")
    problems = read(tmp_path, text)
    assert isinstance(problems, list)
    assert len({problem.line for problem in problems}) >= 4


def test_a_value_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    problems = read(tmp_path, SOUND.replace("{unit: s, field", "{unit: [s], field"))
    assert isinstance(problems, list)
    assert len(problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00",
        b"",
        b"- a\n- b\n",
        b"tenant: &a [*a]\n",
        b"usage_types: &a\n  - &b {id: *a}\n",
        b"tenant: x\n---\ntenant: y\n",
        b"? [a]\n: b\n",
        b"tenant: \x00\n",
    ],
)
def test_nothing_makes_the_reader_fail(tmp_path: Path, text: bytes) -> None:
    assert isinstance(read(tmp_path, text), list)


def test_a_folder_that_is_none_or_empty_is_told(tmp_path: Path) -> None:
    assert isinstance(read_catalog(tmp_path / "nowhere"), list)
    assert isinstance(read_catalog(tmp_path), list)
    with pytest.raises(Refused, match="problems"):
        load_catalog(tmp_path)


def test_numbers_are_exact_and_dates_are_instants(tmp_path: Path) -> None:
    catalog = read(tmp_path, SOUND.replace("s: 0.1}", "s: 0.1000000000000000055}"))
    assert isinstance(catalog, Catalog)
    (price, _) = catalog.price_plans[0].offers[0].prices
    assert str(price.price.amounts["s"]) == "0.1000000000000000055"
    assert catalog.price_plans[0].offers[0].start == 1577836800 * 10**6


@pytest.mark.parametrize("name", ["ai-api", "mobile-operator"])
def test_the_examples_are_sound_and_keep_their_version_through_the_wire(name: str) -> None:
    catalog = load_catalog(EXAMPLES / name)
    assert catalog.tenant == name
    again = unpack_catalog(pack_catalog(catalog))
    assert again == catalog
    assert compile_catalog(again).version == version_of(catalog)


def test_every_example_file_begins_with_its_schema() -> None:
    files = [*EXAMPLES.glob("*/*.yaml")]
    assert files
    for path in files:
        first = path.read_text().splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../{SCHEMA_NAME}", path


def test_the_published_schema_is_current() -> None:
    assert (EXAMPLES / SCHEMA_NAME).read_text() == schema_text()
