"""The embedded schema registry: the REST API of Confluent's Schema Registry, for Avro, with its state in SQLite."""
