-- What the audit stands on: the steps of each partition, the commands in their order, messages
-- between partitions, and how far everything has come.

-- Records of the ledger that count: what each took, how much it made.
CREATE TABLE IF NOT EXISTS steps
(
    ledger_partition UInt32,
    ledger_offset UInt64,
    prev Int64,
    kind String,
    owner String,
    generation Int64,
    engine String,
    written_offset Int64,
    written_index Int32,
    inputs Nested(charging_offset Int64, first Int32, last Int32),
    rated UInt32,
    verdicts UInt32,
    alerts UInt32,
    counts Map(String, Int64),
    size UInt32,
    written_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (ledger_partition, ledger_offset);

-- Commands in the order of `charging`: with `rated`, the input log of every account.
CREATE TABLE IF NOT EXISTS commands
(
    tenant String,
    account String,
    charging_partition UInt32,
    charging_offset Int64,
    charging_index Int32,
    kind String,
    command_id String,
    service_id String,
    root String,
    amount Decimal(38, 12),
    currency String,
    body String,
    sent_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, account, charging_partition, charging_offset, charging_index);

-- Messages between partitions: one row when sent, one when received.
CREATE TABLE IF NOT EXISTS transfers
(
    ledger_partition UInt32,
    message_id UInt64,
    event String,
    to_partition UInt32,
    kind String,
    topic_id String,
    source_partition Int32,
    source_offset Int64,
    source_index Int32,
    ledger_offset UInt64,
    happened_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (ledger_partition, message_id, event);

-- How far the sink has come on each topic.
CREATE TABLE IF NOT EXISTS positions
(
    topic String,
    topic_id String,
    partition UInt32,
    offset Int64,
    written_offset Int64,
    written_index Int32,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (topic, topic_id, partition);
