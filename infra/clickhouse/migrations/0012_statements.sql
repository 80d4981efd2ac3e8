-- Statements find a time of the ledger among its steps, and the charges of others that used what an
-- account holds, without reading all of them.
ALTER TABLE steps
    ADD INDEX IF NOT EXISTS written written_at TYPE minmax GRANULARITY 1;
ALTER TABLE rated
    ADD INDEX IF NOT EXISTS holders changes.account TYPE bloom_filter GRANULARITY 4;
