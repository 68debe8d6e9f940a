"""Every mock against its own OpenAPI description: Schemathesis over loopback HTTP, and checks of our own."""
