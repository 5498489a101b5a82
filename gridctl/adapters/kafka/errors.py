"""What confluent-kafka says went wrong, translated once into what gridctl raises."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from gridctl.errors import GridctlError, Unavailable, Unrecoverable, UsageProblem

ANSWER_TIMEOUT_S = 6
"""Longer than a busy broker needs, short enough that a command ends within ten seconds."""

# What waiting does not change: this client's rights and credentials, a place that another client has taken, a log that
# no longer holds the offset, a record that no broker will take, and a client that has lost track of what it wrote.
FINAL = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.UNSUPPORTED_SASL_MECHANISM,
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_RECORD,
    KafkaError.POLICY_VIOLATION,
    KafkaError.TOPIC_EXCEPTION,
    KafkaError._AUTHENTICATION,  # noqa: SLF001 -- its public name starts so
    KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001 -- as above
    KafkaError._FATAL,  # noqa: SLF001 -- as above
    KafkaError._FENCED,  # noqa: SLF001 -- as above
}
ABSENT = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}  # noqa: SLF001 -- as above


def error_of(failure: BaseException) -> KafkaError | None:
    """Return the KafkaError inside an exception of the client, or None."""
    inner = failure.args[0] if isinstance(failure, KafkaException) and failure.args else None
    return inner if isinstance(inner, KafkaError) else None


def is_final(error: KafkaError) -> bool:
    """Say whether trying again does not help; whatever is not known to be final passes by itself, or may."""
    return error.fatal() or error.code() in FINAL


def unavailable(bootstrap: str, reason: str) -> Unavailable:
    """Return the error for a broker that could not be asked."""
    return Unavailable(
        f"Kafka at {bootstrap}: {reason}",
        next_step="run `gridctl status`; `gridctl up` starts the local stack, GRIDCTL_BOOTSTRAP names another broker",
    )


def failure_of(bootstrap: str, error: KafkaError) -> GridctlError:
    """Return what an error of the client means: UsageProblem for a setting, Unrecoverable, or Unavailable."""
    if error.code() == KafkaError._INVALID_ARG:  # noqa: SLF001 -- its public name starts so
        return UsageProblem(f"Kafka settings: {error.str()}", next_step="fix [profile.NAME.kafka]")
    if error.code() in ABSENT:
        return Unavailable(f"Kafka at {bootstrap}: {error.str()}", next_step="run `gridctl topics apply`")
    if is_final(error):
        return Unrecoverable(
            f"Kafka at {bootstrap}: {error.str()}",
            next_step="waiting does not help: run `gridctl doctor`, then start the command again",
        )
    return unavailable(bootstrap, error.str())


@contextmanager
def translated(bootstrap: str) -> Iterator[None]:
    """Turn the client's exceptions into those of `failure_of`, and a setting that it refuses into UsageProblem."""
    try:
        yield
    except (TypeError, ValueError) as failure:
        if "property" not in str(failure):  # a fault of ours; the client says "expected error_cb property as …"
            raise
        raise UsageProblem(f"Kafka settings: {failure}", next_step="fix [profile.NAME.kafka]") from failure
    except KafkaException as failure:
        error = error_of(failure)
        raise (unavailable(bootstrap, str(failure)) if error is None else failure_of(bootstrap, error)) from failure
