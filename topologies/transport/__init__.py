"""The batch transport: Faust's membership and agents, with one event a fetch instead of a message.

batch.py         what an agent is given
deliveries.py    which batches are out, and up to where a partition may be committed
consumer.py      fetching, acknowledging, committing, rebalancing
thread.py        the client's own thread and settings
producer.py      idempotent, acknowledged by all replicas
agent.py         an agent that raises stops its worker
subscription.py  further topics while the app runs
stop.py          how a failed worker ends
transport.py     what Faust finds all this by

Everything is done by subclass and registered under a scheme of its own; Faust itself is unchanged.
Where a class overrides a behaviour of Faust 0.15.3 or aiokafka its docstring says which and why.
"""
