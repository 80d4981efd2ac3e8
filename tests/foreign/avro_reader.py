"""A foreign consumer: told a broker, a registry and a topic, it prints one JSON text a record.

A program of its own: `python tests/foreign/avro_reader.py BOOTSTRAP REGISTRY TOPIC`.
"""

import json
import sys

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def main() -> None:
    bootstrap, registry, topic = sys.argv[1:]
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry}))
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "a-stranger", "enable.partition.eof": True}
    )
    open_partitions = set(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, number, 0) for number in open_partitions])
    while open_partitions:
        for message in consumer.consume(500, 0.5):
            if message.error() is not None:
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                open_partitions.discard(message.partition())
                continue
            read = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
            sys.stdout.write(json.dumps(read, default=str) + "\n")
    consumer.close()


if __name__ == "__main__":
    main()
