-- From when on an account or a service id is active, suspended or terminated, by rising start; before
-- the first it is active.
ALTER TABLE accounts
    ADD COLUMN IF NOT EXISTS statuses.start_at Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS statuses.status Array(String);
ALTER TABLE services
    ADD COLUMN IF NOT EXISTS statuses.start_at Array(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS statuses.status Array(String);
