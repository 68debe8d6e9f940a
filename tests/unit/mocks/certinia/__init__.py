"""The PSA mock: its rules, its people, its wire; driven in-process."""
