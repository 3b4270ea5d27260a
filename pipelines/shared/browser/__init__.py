"""A model in the browser: a folder of static files that needs no server of models; see `folder`."""
