"""What every mock shares and no vendor owns: worlds, store, clock, journal, faults, control plane."""
