"""The only place of the core that reads settings and the machine's clock, and puts the parts together."""
