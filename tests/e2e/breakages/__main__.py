"""Accepts what every breakage is caught by: writes the table anew."""

from tests.e2e.breakages.table import TABLE, rendered, stage

if __name__ == "__main__":
    TABLE.write_text(rendered(stage()))
