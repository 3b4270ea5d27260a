"""The networks of a forecast: what they read, how they forecast, what they are trained by, how they are blended."""
