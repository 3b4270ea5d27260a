"""How a model becomes one that LiteRT runs: portable or fused loops in place of its own, or one step at a time."""
