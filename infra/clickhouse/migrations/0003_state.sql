-- What accounts hold and who they are, each row absolute as of a ledger position: the highest
-- `through` of a key wins, whatever order inserts arrive in.

-- What an account holds of each resource.
CREATE TABLE IF NOT EXISTS balances
(
    tenant String,
    account String,
    ledger_partition UInt32,
    buckets Nested(
        resource String,
        period_start DateTime64(6, 'UTC'),
        period_end DateTime64(6, 'UTC'),
        granted Decimal(38, 12),
        remaining Decimal(38, 12)),
    thresholds Nested(threshold String, period_start DateTime64(6, 'UTC')),
    is_deleted UInt8,
    changed_at DateTime64(3, 'UTC'),
    through UInt64
)
ENGINE = ReplacingMergeTree(through)
ORDER BY (tenant, account, ledger_partition);

-- Running totals of an account.
CREATE TABLE IF NOT EXISTS accumulators
(
    tenant String,
    account String,
    ledger_partition UInt32,
    totals Nested(
        accumulator String,
        period_start DateTime64(6, 'UTC'),
        period_end DateTime64(6, 'UTC'),
        total Decimal(38, 12)),
    is_deleted UInt8,
    changed_at DateTime64(3, 'UTC'),
    through UInt64
)
ENGINE = ReplacingMergeTree(through)
ORDER BY (tenant, account, ledger_partition);

-- Totals of the counter-accounts: revenue, funding, overrun and their like.
CREATE TABLE IF NOT EXISTS counters
(
    tenant String,
    ledger_account String,
    resource String,
    ledger_partition UInt32,
    total Decimal(38, 12),
    is_deleted UInt8,
    changed_at DateTime64(3, 'UTC'),
    through UInt64
)
ENGINE = ReplacingMergeTree(through)
ORDER BY (tenant, ledger_account, resource, ledger_partition);

-- Accounts, one row a change.
CREATE TABLE IF NOT EXISTS accounts
(
    tenant String,
    account String,
    ledger_partition UInt32,
    ledger_offset UInt64,
    ledger_index UInt32,
    version UInt64,
    root String,
    payment String,
    currency String,
    time_zone String,
    credit_limit Nullable(Decimal(38, 12)),
    changed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, account, ledger_partition, ledger_offset, ledger_index);

-- Service ids and whom they belong to, one row a change.
CREATE TABLE IF NOT EXISTS services
(
    tenant String,
    service_id String,
    ledger_partition UInt32,
    ledger_offset UInt64,
    ledger_index UInt32,
    version UInt64,
    assignments Nested(
        account String,
        root String,
        subscription String,
        price_plan String,
        start_at DateTime64(6, 'UTC'),
        end_at DateTime64(6, 'UTC'),
        moved_to String),
    changed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, service_id, ledger_partition, ledger_offset, ledger_index);

-- Thresholds that were crossed, and left again.
CREATE TABLE IF NOT EXISTS alerts
(
    tenant String,
    account String,
    alert_id String,
    threshold String,
    resource String,
    kind String,
    level Decimal(38, 12),
    value Decimal(38, 12),
    period_start DateTime64(6, 'UTC'),
    occurred_at DateTime64(6, 'UTC'),
    raised_at DateTime64(3, 'UTC'),
    ledger_partition UInt32,
    ledger_offset UInt64,
    ledger_index UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, account, alert_id);
