-- What budgets and policies said to each request, granted or refused: a retry is no other decision.
CREATE TABLE IF NOT EXISTS decisions
(
    tenant String,
    account String,
    decision_id String,
    service_id String,
    session String,
    verb LowCardinality(String),
    rating_group String,
    usage_type LowCardinality(String),
    requested_at DateTime64(6, 'UTC'),
    outcome LowCardinality(String),
    answer LowCardinality(String),
    rule_kind LowCardinality(String),
    rule String,
    budget_level String,
    reason String,
    detail String,
    attributes Map(String, String),
    instead Map(String, String),
    requested_units Map(String, String),
    granted_units Map(String, String),
    amount Decimal(38, 12),
    currency LowCardinality(String),
    decided_at DateTime64(3, 'UTC'),
    engine LowCardinality(String),
    ledger_partition UInt32,
    ledger_offset UInt64,
    ledger_index UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, account, requested_at, decision_id);
