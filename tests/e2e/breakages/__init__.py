"""Planted breakages of mocks, adapters and descriptions, and the job of the contracts that catches each."""
