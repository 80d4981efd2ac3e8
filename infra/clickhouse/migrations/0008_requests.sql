-- Commands that came by the online door stand in the ledger alone: under the last input of
-- `charging` that had been applied, and under their own ledger position (offset 0 is an opening, so
-- it says that the command came by `charging`). `requested_at` is the time they were stamped with.
ALTER TABLE commands
    ADD COLUMN IF NOT EXISTS ledger_offset UInt64,
    ADD COLUMN IF NOT EXISTS ledger_index UInt32,
    ADD COLUMN IF NOT EXISTS requested_at DateTime64(6, 'UTC'),
    MODIFY ORDER BY (
        tenant, account, charging_partition, charging_offset, charging_index, ledger_offset,
        ledger_index);
