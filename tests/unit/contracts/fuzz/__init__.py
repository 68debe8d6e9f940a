"""Tests of the contracts between the core and its neighbours."""
