"""What a record costs: guide, zone, time band, price, allowance, rounding. Compiled and exact."""
