"""Fixed-interval polling of Modbus TCP units: a map in Telegraf's vocabulary, one event a device a poll."""
