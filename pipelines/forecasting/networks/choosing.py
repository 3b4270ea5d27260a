def settings_for(examples, config):
    return {}
