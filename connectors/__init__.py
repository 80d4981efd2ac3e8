"""How records enter and leave: Kafka, ClickHouse, HTTP, files, catalogs. All I/O and no pricing."""
