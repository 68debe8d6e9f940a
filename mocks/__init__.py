"""The estate: mock enterprise systems that speak the vendors' own protocols, and the firm that fills them."""
