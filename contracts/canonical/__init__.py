"""The canonical model as published schemas, one folder a version, and the rules by which they may change."""
