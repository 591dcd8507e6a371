"""What eleven tools that count would print for a model, predicted with the model at hand."""
