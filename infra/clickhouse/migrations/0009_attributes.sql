-- What an account is beside its money: segment, country, reseller, … Prices, discounts, taxes and
-- shares ask for it.
ALTER TABLE accounts ADD COLUMN IF NOT EXISTS attributes Map(String, String);
