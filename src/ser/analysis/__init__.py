"""What is asked of a finished run beyond its scores: probes, enrolment, training speakers, robustness."""
