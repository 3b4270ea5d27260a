"""What only TensorFlow needs: whole sequences of a cell, their gradients and loops, by whatever runs them fastest."""
