-- What attributes of an account, its subscriptions or a service id are, from when until when. Of several
-- in force the one that began last counts.
ALTER TABLE accounts
    ADD COLUMN IF NOT EXISTS dated.name Array(String),
    ADD COLUMN IF NOT EXISTS dated.value Array(String),
    ADD COLUMN IF NOT EXISTS dated.start_at Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS dated.end_at Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS dated.subscription Array(String);
ALTER TABLE services
    ADD COLUMN IF NOT EXISTS dated.name Array(String),
    ADD COLUMN IF NOT EXISTS dated.value Array(String),
    ADD COLUMN IF NOT EXISTS dated.start_at Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS dated.end_at Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS dated.subscription Array(String);
