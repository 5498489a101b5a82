"""The schema gates: what a change of an Avro schema may do, judged from texts alone."""
