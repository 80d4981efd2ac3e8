-- The levels of a record: raw bytes, what charging made of it, what stopped it.
--
-- Text columns are plain String: as LowCardinality the same rows take three quarters more CPU to
-- insert and merge, and no less disk. Keys come from a row's cause, so that an insert may be
-- repeated; nothing is keyed or partitioned by the time of an insert.

-- Source messages as they came: unmodified bytes under their position. Whose a message is becomes
-- known only when it is parsed, so there is no tenant here.
CREATE TABLE IF NOT EXISTS raw
(
    topic String,
    topic_id String,
    source_partition Int32,
    source_offset Int64,
    recorded_at DateTime64(3, 'UTC'),
    key Nullable(String),
    value Nullable(String) CODEC(ZSTD(1)),
    headers Nested(name String, value Nullable(String))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(recorded_at)
ORDER BY (topic_id, source_partition, source_offset);

-- One row a charge: the harmonised record, its lines and postings, balances before and after.
CREATE TABLE IF NOT EXISTS rated
(
    tenant String,
    account String,
    occurred_at DateTime64(6, 'UTC'),
    ended_at DateTime64(6, 'UTC'),
    rated_at DateTime64(3, 'UTC'),
    ledger_partition UInt32,
    ledger_offset UInt64,
    ledger_index UInt32,
    charging_offset Int64,
    charging_index Int32,
    record_id FixedString(16),
    source String,
    event_id String,
    part UInt32,
    topic_id String,
    source_partition Int32,
    source_offset Int64,
    source_index Int32,
    usage_type String,
    service_id String,
    root_hint String,
    usages Nested(unit String, quantity Decimal(38, 12)),
    attributes Map(String, String),
    root String,
    subscription String,
    price_plan String,
    product String,
    currency String,
    amount Decimal(38, 12),
    zone String,
    band String,
    lines Nested(
        rule String,
        price String,
        unit String,
        quantity Decimal(38, 12),
        unit_amount Decimal(38, 12),
        amount Decimal(38, 12),
        detail Map(String, String)),
    postings Nested(ledger_account String, resource String, amount Decimal(38, 12)),
    changes Nested(
        resource String,
        period_start DateTime64(6, 'UTC'),
        before Decimal(38, 12),
        after Decimal(38, 12)),
    catalog_version String,
    engine String
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (tenant, account, occurred_at, ledger_partition, ledger_offset, ledger_index)
SETTINGS vertical_merge_algorithm_min_rows_to_activate = 1;

-- Records that the ledger ended without a charge: duplicates, suspended, ignored, errors. `is_read`
-- is 0 where a verdict is on something that was no record.
CREATE TABLE IF NOT EXISTS verdicts
(
    tenant String,
    verdict String,
    code String,
    detail String,
    field String,
    lacks String,
    judged_at DateTime64(3, 'UTC'),
    ledger_partition UInt32,
    ledger_offset UInt64,
    ledger_index UInt32,
    charging_offset Int64,
    charging_index Int32,
    is_read UInt8,
    record_id FixedString(16),
    source String,
    event_id String,
    part UInt32,
    topic_id String,
    source_partition Int32,
    source_offset Int64,
    source_index Int32,
    usage_type String,
    service_id String,
    root_hint String,
    occurred_at DateTime64(6, 'UTC'),
    ended_at DateTime64(6, 'UTC'),
    usages Nested(unit String, quantity Decimal(38, 12)),
    attributes Map(String, String),
    engine String
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, verdict, ledger_partition, ledger_offset, ledger_index);
