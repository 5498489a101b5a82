"""GridStream: one streaming platform for SCADA and consumer IoT, as one command."""

__version__ = "0.1.0"
