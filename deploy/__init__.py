"""How the project is run in containers: entry points, secrets, what is measured and shown."""
