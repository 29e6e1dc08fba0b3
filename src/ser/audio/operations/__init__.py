"""Changes of a waveform that augmentation is made of, one class each."""
