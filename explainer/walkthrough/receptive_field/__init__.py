"""How much of the input one value of a feature map sees."""
