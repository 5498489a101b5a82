"""Serves MQTT with rumqttd until it is killed. `iotcore`'s own launcher ends with the process that started it."""

import logging
import sys

from iotcore.iotcore import IotCoreBroker


def main() -> None:
    """Serve with the configuration file that the first argument names."""
    # rumqttd routes every packet within an error span, and its log shows each of them.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    IotCoreBroker(config_path=sys.argv[1]).run_forever()


if __name__ == "__main__":
    main()
