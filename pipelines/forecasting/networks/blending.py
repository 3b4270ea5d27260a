def calibrate(model, preprocessor, baseline, examples, config):
    """The model as it is."""
    return model
