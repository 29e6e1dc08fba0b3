"""Pages that show what is in the corpora, with nothing trained yet: tables and waveforms in, HTML out."""
