"""The core's own HTTP interface: notifications in, operations for people and judges."""
