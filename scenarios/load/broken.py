"""The one way in which a load run ends without a verdict."""


class BrokenOff(Exception):
    """The run cannot go on and nobody can say how it went; the text is one sentence."""
