-- Several buckets of one resource: which grant or wallet each is, when it burns and for what; and
-- who holds it, where that is not the account that is charged.
ALTER TABLE balances
    ADD COLUMN IF NOT EXISTS buckets.id Array(String),
    ADD COLUMN IF NOT EXISTS buckets.priority Array(Int64),
    ADD COLUMN IF NOT EXISTS buckets.products Array(Array(String));
ALTER TABLE rated
    ADD COLUMN IF NOT EXISTS changes.bucket Array(String),
    ADD COLUMN IF NOT EXISTS changes.account Array(String);

CREATE OR REPLACE VIEW balance_buckets AS
SELECT
    tenant, account, ledger_partition, through, changed_at, bucket.1 AS resource,
    bucket.2 AS period_start, bucket.3 AS period_end, bucket.4 AS granted, bucket.5 AS remaining,
    bucket.6 AS id, bucket.7 AS priority, bucket.8 AS products
FROM balances FINAL
ARRAY JOIN arrayZip(
    buckets.resource, buckets.period_start, buckets.period_end, buckets.granted,
    buckets.remaining, buckets.id, buckets.priority, buckets.products) AS bucket
WHERE NOT is_deleted;

-- Postings by who holds the balance: legs of another account of the root stand under that one.
CREATE OR REPLACE VIEW postings AS
SELECT
    tenant, account, occurred_at, ledger_partition, ledger_offset, ledger_index, record_id,
    product, posting.1 AS ledger_account, posting.2 AS resource, posting.3 AS amount, usage_type,
    if(startsWith(ledger_account, 'account:'), substring(ledger_account, 9), account) AS holder
FROM rated FINAL
ARRAY JOIN arrayZip(postings.ledger_account, postings.resource, postings.amount) AS posting;
