-- Who is told of an alert, and what is to be done about it.
ALTER TABLE alerts
    ADD COLUMN IF NOT EXISTS recipients Array(String),
    ADD COLUMN IF NOT EXISTS action String DEFAULT 'notify';
