"""What a person may have typed wrong, as every part of the command line says it."""


class BadUsage(Exception):
    """A wish that cannot be fulfilled; the text is one sentence for the person who typed it."""
