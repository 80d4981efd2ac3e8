"""A simulation that attacks the heart: one seed decides time, chance, faults and their order.

Real: the charging core, `PartitionOwner` with overlay, step, hold, outbox and recovery, the online
door and the turns of a worker, the chain of validity. Simulated: callers, broker, clock, disk,
group membership, and the processes around. A run is replayed by `python -m tests.simulate SEED`.
"""
