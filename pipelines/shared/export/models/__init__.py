"""A user's Keras model on its way into a file: what is accepted, how it is traced, which of its layers is to blame."""
