-- Which bill unit of its account a charge belongs to, by the unit's start; what was charged before
-- units were told has 1970. Aggregates know it too, so that what a unit holds needs no charge read.
ALTER TABLE rated
    ADD COLUMN IF NOT EXISTS bill_unit DateTime64(6, 'UTC');
ALTER TABLE charges_by_hour
    ADD COLUMN IF NOT EXISTS bill_unit DateTime64(6, 'UTC'),
    MODIFY ORDER BY (
        tenant, period, ledger_partition, account, product, usage_type, zone, currency, bill_unit);
ALTER TABLE charges_by_day
    ADD COLUMN IF NOT EXISTS bill_unit DateTime64(6, 'UTC'),
    MODIFY ORDER BY (
        tenant, period, ledger_partition, account, product, usage_type, zone, currency, bill_unit);

-- By which cycles an account is billed, from when on, how long its units take late usage, and until
-- when all is on invoices.
ALTER TABLE accounts
    ADD COLUMN IF NOT EXISTS billing.start_at Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS billing.cycle Array(String),
    ADD COLUMN IF NOT EXISTS billing.grace_s Array(Int64),
    ADD COLUMN IF NOT EXISTS billed_until DateTime64(6, 'UTC');
ALTER TABLE balances
    ADD COLUMN IF NOT EXISTS due_at DateTime64(6, 'UTC');

-- Bill units that stand on invoices of the outside billing system.
CREATE TABLE IF NOT EXISTS billed_units
(
    tenant String,
    account String,
    ledger_partition UInt32,
    units Nested(
        start_at DateTime64(6, 'UTC'),
        end_at DateTime64(6, 'UTC'),
        invoice String,
        billed_at DateTime64(6, 'UTC')),
    is_deleted UInt8,
    changed_at DateTime64(3, 'UTC'),
    through UInt64
)
ENGINE = ReplacingMergeTree(through)
ORDER BY (tenant, account, ledger_partition);

-- What each bill unit holds, one row a currency, with the invoice that it stands on. `records` are
-- all rows of `rated`, those that move a balance and price nothing too.
CREATE VIEW IF NOT EXISTS bill_units AS
SELECT
    t.tenant AS tenant, t.account AS account, t.bill_unit AS bill_unit, t.currency AS currency,
    t.records AS records, t.amount AS amount, t.through AS through, b.invoice AS invoice
FROM (
    SELECT tenant, account, bill_unit, currency, sum(records) AS records, sum(amount) AS amount,
        max(through) AS through
    FROM charges_by_day FINAL
    GROUP BY tenant, account, bill_unit, currency
) AS t
LEFT JOIN (
    SELECT tenant, account, unit.1 AS bill_unit, unit.2 AS invoice
    FROM billed_units FINAL
    ARRAY JOIN arrayZip(units.start_at, units.invoice) AS unit
    WHERE NOT is_deleted
) AS b USING (tenant, account, bill_unit);

-- What each bill unit did to each resource: currencies and allowances, by the ledger account that was
-- posted to.
CREATE VIEW IF NOT EXISTS bill_unit_postings AS
SELECT
    tenant, account, bill_unit, posting.1 AS ledger_account, posting.2 AS resource,
    count() AS postings, sum(posting.3) AS amount
FROM rated FINAL
ARRAY JOIN arrayZip(postings.ledger_account, postings.resource, postings.amount) AS posting
GROUP BY tenant, account, bill_unit, ledger_account, resource;
