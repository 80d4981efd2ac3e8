-- What mediation and charging put on topics suspense, errors and outcomes. `version` is the
-- offset on that topic: of one record id the newest state wins.

-- Records that wait for a fact, and those that did: newest state by record id and position.
CREATE TABLE IF NOT EXISTS suspense
(
    tenant String,
    record_id FixedString(16),
    state String,
    code String,
    stage String,
    detail String,
    field String,
    lacks String,
    reference Int64,
    source String,
    event_id String,
    service_id String,
    topic String,
    topic_id String,
    source_partition Int32,
    source_offset Int64,
    source_index Int32,
    occurred_at DateTime64(6, 'UTC'),
    recorded_at DateTime64(6, 'UTC'),
    catalog_version String,
    engine String,
    raw Nullable(String) CODEC(ZSTD(1)),
    headers Nested(name String, value Nullable(String)),
    record Nullable(String) CODEC(ZSTD(1)),
    stored_partition UInt32,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, record_id, topic_id, source_partition, source_offset, source_index);

-- Records that cannot be read, with their bytes.
CREATE TABLE IF NOT EXISTS errors AS suspense
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, topic_id, source_partition, source_offset, source_index, record_id);

-- Records that were ignored by a rule.
CREATE TABLE IF NOT EXISTS outcomes AS suspense
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, topic_id, source_partition, source_offset, source_index, record_id);
