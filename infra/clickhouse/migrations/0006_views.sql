-- Other shapes of stored rows. None of them holds anything of its own.

-- Harmonised records, charged or not: one shape for every source.
CREATE VIEW IF NOT EXISTS usage AS
SELECT
    tenant, account, 'charged' AS verdict, '' AS code, record_id, source, event_id, part,
    usage_type, service_id, root_hint, occurred_at, ended_at, usages.unit, usages.quantity,
    attributes, topic_id, source_partition, source_offset, source_index, ledger_partition,
    ledger_offset, ledger_index, charging_offset, charging_index
FROM rated FINAL
UNION ALL
SELECT
    tenant, '' AS account, verdict, code, record_id, source, event_id, part, usage_type,
    service_id, root_hint, occurred_at, ended_at, usages.unit, usages.quantity, attributes,
    topic_id, source_partition, source_offset, source_index, ledger_partition, ledger_offset,
    ledger_index, charging_offset, charging_index
FROM verdicts FINAL
WHERE is_read;

-- Postings of all charges, one row a leg. The legs of a charge sum to zero for each resource.
CREATE VIEW IF NOT EXISTS postings AS
SELECT
    tenant, account, occurred_at, ledger_partition, ledger_offset, ledger_index, record_id,
    product, posting.1 AS ledger_account, posting.2 AS resource, posting.3 AS amount
FROM rated FINAL
ARRAY JOIN arrayZip(postings.ledger_account, postings.resource, postings.amount) AS posting;

-- Lines of all charges, one row each: which rule by which price made which amount.
CREATE VIEW IF NOT EXISTS lines AS
SELECT
    tenant, account, occurred_at, ledger_partition, ledger_offset, ledger_index, record_id,
    product, currency, line.1 AS rule, line.2 AS price, line.3 AS unit, line.4 AS quantity,
    line.5 AS unit_amount, line.6 AS amount, line.7 AS detail
FROM rated FINAL
ARRAY JOIN arrayZip(
    lines.rule, lines.price, lines.unit, lines.quantity, lines.unit_amount, lines.amount,
    lines.detail) AS line;

-- What accounts hold, one row a bucket.
CREATE VIEW IF NOT EXISTS balance_buckets AS
SELECT
    tenant, account, ledger_partition, through, changed_at, bucket.1 AS resource,
    bucket.2 AS period_start, bucket.3 AS period_end, bucket.4 AS granted, bucket.5 AS remaining
FROM balances FINAL
ARRAY JOIN arrayZip(
    buckets.resource, buckets.period_start, buckets.period_end, buckets.granted,
    buckets.remaining) AS bucket
WHERE NOT is_deleted;

-- Running totals, one row each.
CREATE VIEW IF NOT EXISTS accumulator_totals AS
SELECT
    tenant, account, ledger_partition, through, changed_at, entry.1 AS accumulator,
    entry.2 AS period_start, entry.3 AS period_end, entry.4 AS total
FROM accumulators FINAL
ARRAY JOIN arrayZip(
    totals.accumulator, totals.period_start, totals.period_end, totals.total) AS entry
WHERE NOT is_deleted;
