"""What confluent-kafka raises, translated once into what gridctl raises."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from gridctl.errors import Unavailable, UsageProblem

ANSWER_TIMEOUT_S = 6
"""Longer than a busy broker needs, short enough that a command ends within ten seconds."""

# What waiting does not change: the rights of this client, its credentials, and a log that no longer holds its place.
NEVER_PASS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError._AUTHENTICATION,  # noqa: SLF001 -- its public name starts so
    KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001 -- as above
}


def error_of(failure: BaseException) -> KafkaError | None:
    """Return the KafkaError inside an exception of the client, or None."""
    inner = failure.args[0] if isinstance(failure, KafkaException) and failure.args else None
    return inner if isinstance(inner, KafkaError) else None


def never_passes(failure: BaseException | KafkaError) -> bool:
    """Say whether trying again is of no use, by what the client said: directly, or as the cause of an error of ours."""
    error = failure if isinstance(failure, KafkaError) else error_of(failure.__cause__ or failure)
    return error is not None and (error.fatal() or error.code() in NEVER_PASS)


def unavailable(bootstrap: str, reason: str) -> Unavailable:
    """Return the error for a broker that could not be asked."""
    return Unavailable(
        f"Kafka at {bootstrap}: {reason}",
        next_step="run `gridctl status`; `gridctl up` starts the local stack, GRIDCTL_BOOTSTRAP names another broker",
    )


@contextmanager
def translated(bootstrap: str) -> Iterator[None]:
    """Turn the client's exceptions into Unavailable, or UsageProblem for a setting that it refuses."""
    try:
        yield
    except (TypeError, ValueError) as failure:
        if "property" not in str(failure):  # a fault of ours; the client says "expected error_cb property as …"
            raise
        raise UsageProblem(f"Kafka settings: {failure}", next_step="fix [profile.NAME.kafka]") from failure
    except KafkaException as failure:
        error = error_of(failure)
        reason = error.str() if error is not None else str(failure)
        if error is not None and error.code() == KafkaError._INVALID_ARG:  # noqa: SLF001 -- its public name starts so
            raise UsageProblem(f"Kafka settings: {reason}", next_step="fix [profile.NAME.kafka]") from failure
        if error is not None and error.code() in {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}:  # noqa: SLF001 -- as above
            raise Unavailable(f"Kafka at {bootstrap}: {reason}", next_step="run `gridctl topics apply`") from failure
        raise unavailable(bootstrap, reason) from failure
