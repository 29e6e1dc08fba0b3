"""The web page: a recording is dropped, recorded or chosen, and a trained model says what it hears over time."""
