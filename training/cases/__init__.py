"""What the built-in model is measured on: written before training, from words that training never uses."""
