"""Wire engines that several vendors speak."""
