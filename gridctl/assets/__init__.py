"""What is known of each device: priority and circuit. What is not known is UNKNOWN, and UNKNOWN is protected."""
