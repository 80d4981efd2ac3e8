"""An embedded Kafka: one broker in KRaft mode, from its released jars."""
