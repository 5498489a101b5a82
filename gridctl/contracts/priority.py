"""How much a load matters. Comes from the customer information system (CIS), never from the device."""

from enum import StrEnum


class PriorityLevel(StrEnum):
    """Named, never numbered: standards disagree on whether 1 is the highest. UNKNOWN is protected like the first."""

    LIFE_SUSTAINING = "LIFE_SUSTAINING"
    PUBLIC_SAFETY = "PUBLIC_SAFETY"
    CRITICAL_INDUSTRIAL = "CRITICAL_INDUSTRIAL"
    ESSENTIAL = "ESSENTIAL"
    DISCRETIONARY = "DISCRETIONARY"
    UNKNOWN = "UNKNOWN"
