"""The CRMs of the estate."""
