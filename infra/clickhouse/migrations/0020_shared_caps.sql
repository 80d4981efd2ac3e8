-- Caps that accounts of several partitions share: what each partition holds of one and has used.
CREATE TABLE IF NOT EXISTS shared_caps
(
    tenant String,
    cap String,
    period_start DateTime64(6, 'UTC'),
    period_end DateTime64(6, 'UTC'),
    ledger_partition UInt32,
    most Decimal(38, 12),
    granted Decimal(38, 12),
    used Decimal(38, 12),
    reserved Decimal(38, 12),
    beyond Decimal(38, 12),
    changed_at DateTime64(3, 'UTC'),
    through UInt64
)
ENGINE = ReplacingMergeTree(through)
ORDER BY (tenant, cap, period_start, ledger_partition);
