"""Consumer-driven contracts between the core and the systems around it, and the properties of their wire."""

import os

# The Pact library tells its makers about every run unless it is asked not to; nothing here calls anybody.
os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
