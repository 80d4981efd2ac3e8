-- Which subscription of the account an assignment supplements; empty where it is a master's own.
ALTER TABLE services
    ADD COLUMN IF NOT EXISTS assignments.supplements Array(String);
