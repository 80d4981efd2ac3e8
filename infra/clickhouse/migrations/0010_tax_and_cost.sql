-- What of an amount is tax, and what the usage costs the tenant (NULL where its offer does not say):
-- `amount - tax - cost` is the margin before partners' shares, which stand in the postings.
ALTER TABLE rated
    ADD COLUMN IF NOT EXISTS tax Decimal(38, 12),
    ADD COLUMN IF NOT EXISTS cost Nullable(Decimal(38, 12));
