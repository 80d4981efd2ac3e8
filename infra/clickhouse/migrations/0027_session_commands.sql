-- What gateways that hold charging sessions were told, each once: by operators, rules and the clock.
CREATE TABLE IF NOT EXISTS session_commands
(
    tenant String,
    account String,
    occurred_at DateTime64(6, 'UTC'),
    command_id String,
    session String,
    service_id String,
    gateway String,
    action LowCardinality(String),
    value String,
    reason String,
    cause LowCardinality(String),
    told_at DateTime64(3, 'UTC'),
    engine LowCardinality(String),
    ledger_partition UInt32,
    ledger_offset UInt64,
    ledger_index UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, account, occurred_at, command_id);
