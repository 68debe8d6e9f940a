"""The CRM's refusals in the platform's words: what a validation rule of the org answers (wire 4.1)."""

from mocks.protocols.salesforce.rules import Problem


def invalid(message: str, *fields: str) -> Problem:
    """A validation rule that does not hold."""
    return Problem("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, fields)


def state_invalid(what: str, was: object, becomes: object, field: str) -> Problem:
    """A step that the state machine does not know (finance 1.3)."""
    return invalid(f"STATE_INVALID: {what} cannot go from {was} to {becomes}.", field)
