-- Absolute totals of all charges up to the ledger position `through`, by UTC hour and day.

-- Charges by UTC hour, account, product, usage type, zone and currency.
CREATE TABLE IF NOT EXISTS charges_by_hour
(
    tenant String,
    period DateTime('UTC'),
    ledger_partition UInt32,
    account String,
    product String,
    usage_type String,
    zone String,
    currency String,
    records UInt64,
    amount Decimal(38, 12),
    quantities Map(String, Decimal(38, 12)),
    through UInt64
)
ENGINE = ReplacingMergeTree(through)
PARTITION BY toYYYYMM(period)
ORDER BY (tenant, period, ledger_partition, account, product, usage_type, zone, currency);

-- Charges by UTC day, account, product, usage type, zone and currency.
CREATE TABLE IF NOT EXISTS charges_by_day
(
    tenant String,
    period DateTime('UTC'),
    ledger_partition UInt32,
    account String,
    product String,
    usage_type String,
    zone String,
    currency String,
    records UInt64,
    amount Decimal(38, 12),
    quantities Map(String, Decimal(38, 12)),
    through UInt64
)
ENGINE = ReplacingMergeTree(through)
PARTITION BY toYYYYMM(period)
ORDER BY (tenant, period, ledger_partition, account, product, usage_type, zone, currency);

