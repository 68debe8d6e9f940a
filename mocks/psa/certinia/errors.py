"""The PSA's refusals in the platform's words: what a validation of the package answers (wire 4.1)."""

from mocks.protocols.salesforce.rules import Problem


def invalid(message: str, *fields: str) -> Problem:
    """A validation rule that does not hold."""
    return Problem("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, fields)


def missing(*fields: str) -> Problem:
    """Fields without which the record cannot be kept."""
    return Problem("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(fields)}]", fields)


def unknown_reference(field: str, value: object) -> Problem:
    """A lookup that leads nowhere."""
    return Problem("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {value}", (field,))


def read_only(*fields: str) -> Problem:
    """Fields that the package writes alone."""
    names = ", ".join(fields)
    return Problem(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {names}. Please check the security settings of this field and "
        "verify that it is read/write for your profile or permission set.",
        fields,
    )
