"""What a model takes, found out by reading and calling it; the calls on which an export is compared with the model."""
