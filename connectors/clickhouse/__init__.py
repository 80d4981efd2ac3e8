"""ClickHouse: tables, rows, and questions asked of them."""
