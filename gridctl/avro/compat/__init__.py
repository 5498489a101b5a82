"""Whether one schema can read what another has written, as Java Avro judges it, and the seven levels."""
