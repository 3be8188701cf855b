"""A Keras model and data of one's own."""
