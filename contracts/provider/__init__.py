"""The same pacts against the mocks on every commit, and against a real sandbox before go-live."""
