"""What no system can be below: the raw client, and validation of each record with the contract's model."""

from raw import ingest
from work import READING, options

if __name__ == "__main__":
    ingest(options(), READING.validate_json)
