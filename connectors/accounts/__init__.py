"""Reference data at the worker: topic `accounts` followed into a local store and looked up."""
