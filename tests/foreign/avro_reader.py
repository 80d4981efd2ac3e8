"""A foreign consumer: told a broker, a registry and a topic, it prints one JSON text a record.

A program of its own: `python tests/foreign/avro_reader.py BOOTSTRAP REGISTRY TOPIC [KEY]`.
"""

import json
import sys

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def main() -> None:
    bootstrap, registry, topic, *key = sys.argv[1:]
    config = {"url": registry}
    if key:
        config["basic.auth.user.info"] = f"key:{key[0]}"
    deserialize = AvroDeserializer(SchemaRegistryClient(config))
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "a-stranger"})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ends = {
        number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
        for number in partitions
    }
    left = {number: end - first for number, (first, end) in ends.items() if end > first}
    consumer.assign([TopicPartition(topic, number, ends[number][0]) for number in left])
    while any(count > 0 for count in left.values()):
        for message in consumer.consume(500, 0.5):
            assert message.error() is None, message.error()
            left[message.partition()] -= 1
            if message.value() is None:
                continue
            read = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
            sys.stdout.write(json.dumps(read, default=str) + "\n")
    consumer.close()


if __name__ == "__main__":
    main()
