"""What can go wrong, grouped by what the caller must do; only the boundary in `cli` turns these into exit codes."""


class GridctlError(Exception):
    """An expected failure: one line that says what is wrong, and one that says what to do next."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.is_said = False
        """It stands in the log already, in the form that the log has."""

    def __str__(self) -> str:
        return f"{self.message}; {self.next_step}" if self.next_step else self.message


class UsageProblem(GridctlError):
    """The call or the configuration is wrong: the user changes it and tries again."""


class ViolationFound(GridctlError):
    """A gate found a violation, or the live system drifted from its declaration."""


class SafetyBlocked(GridctlError):
    """Safety refuses: nobody retries this without a human decision."""


class Unavailable(GridctlError):
    """Something could not be reached or checked; nothing is known, so nothing may proceed. It passes, or may."""


class Unrecoverable(Unavailable):
    """The same, and it does not pass by itself: to try again is of no use before a person or a new start changes it."""
