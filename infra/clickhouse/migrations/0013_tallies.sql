-- Running totals that stand by themselves: what is told of the values that were counted (a sum, the
-- highest, how many different ones), and for which session, service or the like.
ALTER TABLE accumulators
    ADD COLUMN IF NOT EXISTS tally String,
    ADD COLUMN IF NOT EXISTS aggregate LowCardinality(String) DEFAULT 'sum',
    MODIFY ORDER BY (tenant, account, ledger_partition, tally);

CREATE OR REPLACE VIEW accumulator_totals AS
SELECT
    tenant, account, ledger_partition, through, changed_at, entry.1 AS accumulator,
    entry.2 AS period_start, entry.3 AS period_end, entry.4 AS total, aggregate
FROM accumulators FINAL
ARRAY JOIN arrayZip(
    totals.accumulator, totals.period_start, totals.period_end, totals.total) AS entry
WHERE NOT is_deleted;
