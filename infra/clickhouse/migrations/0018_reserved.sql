-- What running charging sessions have set aside of each bucket: it is no longer in `remaining`.
ALTER TABLE balances
    ADD COLUMN IF NOT EXISTS buckets.reserved Array(Decimal(38, 12));

CREATE OR REPLACE VIEW balance_buckets AS
SELECT
    tenant, account, ledger_partition, through, changed_at, bucket.1 AS resource,
    bucket.2 AS period_start, bucket.3 AS period_end, bucket.4 AS granted, bucket.5 AS remaining,
    bucket.6 AS id, bucket.7 AS priority, bucket.8 AS products, bucket.9 AS reserved
FROM balances FINAL
ARRAY JOIN arrayZip(
    buckets.resource, buckets.period_start, buckets.period_end, buckets.granted,
    buckets.remaining, buckets.id, buckets.priority, buckets.products, buckets.reserved) AS bucket
WHERE NOT is_deleted;
