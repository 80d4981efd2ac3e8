"""An embedded ClickHouse: the server inside the chdb-core wheel."""
