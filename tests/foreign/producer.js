// A foreign producer: kafkajs, told only the broker's address and the topic's name.
// Reads one JSON text a line ({"key", "value"}) and prints how many the broker acknowledged.
const { Kafka, logLevel } = require("kafkajs");
const readline = require("readline");

async function main() {
  const [bootstrap, topic] = process.argv.slice(2);
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });
  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const messages = [];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { key, value } = JSON.parse(line);
    messages.push({ key, value });
  }
  let sent = 0;
  for (let i = 0; i < messages.length; i += 500) {
    const part = messages.slice(i, i + 500);
    await producer.send({ topic, messages: part, acks: -1 });
    sent += part.length;
  }
  await producer.disconnect();
  console.log(sent);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
