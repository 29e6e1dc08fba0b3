"""Waveforms: decoding, resampling and augmentation."""
