"""The page of a study, to be read by people: runs side by side, and of each what to believe, doubt and repeat."""
