"""What a charge does to its account: periods and grants, money, accumulators, thresholds."""
