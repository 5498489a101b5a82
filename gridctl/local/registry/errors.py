"""The one table of what the API answers when it refuses: error code, which begins with the HTTP status, and message.

Sources: Confluent's documentation "Schema Registry API Reference" and the answers of its server.
"""

from enum import Enum


class Problem(Enum):
    """Error code, and the message with its places."""

    SUBJECT_NOT_FOUND = (40401, "Subject '{subject}' not found.")
    VERSION_NOT_FOUND = (40402, "Version {version} not found.")
    SCHEMA_NOT_FOUND = (40403, "Schema not found")
    SCHEMA_ID_NOT_FOUND = (40403, "Schema {schema_id} not found")
    SUBJECT_SOFT_DELETED = (40404, "Subject '{subject}' was soft deleted.Set permanent=true to delete permanently")
    SUBJECT_NOT_SOFT_DELETED = (40405, "Subject '{subject}' was not deleted first before being permanently deleted")
    VERSION_SOFT_DELETED = (
        40406,
        "Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently",
    )
    VERSION_NOT_SOFT_DELETED = (
        40407,
        "Subject '{subject}' Version {version} was not deleted first before being permanently deleted",
    )
    LEVEL_NOT_CONFIGURED = (40408, "Subject '{subject}' does not have subject-level compatibility configured")
    MODE_NOT_CONFIGURED = (40409, "Subject '{subject}' does not have subject-level mode configured")
    INCOMPATIBLE = (
        409,
        'Schema being registered is incompatible with an earlier schema for subject "{subject}", details: [{details}]',
    )
    EMPTY_SCHEMA = (42201, "Empty schema")
    INVALID_SCHEMA = (42201, "Invalid schema {schema} with refs {references} of type AVRO, details: {details}")
    INVALID_SCHEMA_TYPE = (42201, "Invalid schema type {schema_type}")
    INVALID_VERSION = (
        42202,
        (
            "The specified version '{version}' is not a valid version id. "
            'Allowed values are between [1, 2^31-1] and the string "latest"'
        ),
    )
    INVALID_LEVEL = (
        42203,
        (
            "Invalid compatibility level. Valid values are NONE, BACKWARD, FORWARD, FULL, BACKWARD_TRANSITIVE, "
            "FORWARD_TRANSITIVE, and FULL_TRANSITIVE"
        ),
    )
    INVALID_MODE = (42204, "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, IMPORT, and FORWARD")
    READ_ONLY = (42205, "Subject {subject} is in read-only mode")
    NOT_IMPORT = (42205, "Subject {subject} is not in import mode")
    NOT_READ_WRITE = (42205, "Subject {subject} is not in read-write mode")
    IMPORT_INTO_EXISTING = (42205, "Cannot import since found existing subjects")
    OVERWRITE_ID = (42205, "Overwrite new schema with id {schema_id} is not permitted.")
    OVERWRITE_VERSION = (42205, "Overwrite version {version} of subject {subject} is not permitted.")
    REFERENCE_EXISTS = (
        42206,
        "One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},version={version}}}.",
    )
    ID_DOES_NOT_MATCH = (42207, "Schema already registered with id {known_id} instead of input id {schema_id}")
    INVALID_SUBJECT = (42208, "The specified subject '{subject}' is not a valid.")
    SCHEMA_TOO_LARGE = (42209, "Register operation failed because schema is too large")
    UNRECOGNIZED_FIELD = (422, "Unrecognized field: {field}")
    UNSUPPORTED_FIELD = (422, "Field not supported by this registry: {field}")
    NO_BODY = (422, "request body must not be null")
    MALFORMED = (400, "Malformed request: {details}")
    TOO_LARGE = (413, "HTTP 413 Request Entity Too Large")
    UNSUPPORTED_MEDIA_TYPE = (415, "HTTP 415 Unsupported Media Type")
    NOT_ACCEPTABLE = (406, "HTTP 406 Not Acceptable")
    NOT_FOUND = (404, "HTTP 404 Not Found")
    METHOD_NOT_ALLOWED = (405, "HTTP 405 Method Not Allowed")
    LOOKUP_FAILED = (500, "Error while looking up schema under subject {subject}")
    INTERNAL = (500, "Internal Server Error")
    STORE = (50001, "Error in the backend data store")


class ApiError(Exception):
    """A refusal that goes to the client as it is; the places of the message are filled from `places`."""

    def __init__(self, problem: Problem, **places: object) -> None:
        self._code, template = problem.value
        self.status = int(str(self._code)[:3])
        self.message = template.format(**places)
        super().__init__(self.message)

    @property
    def body(self) -> dict[str, object]:
        """The JSON document of the answer."""
        return {"error_code": self._code, "message": self.message}
