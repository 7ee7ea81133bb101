"""Holds a simulated figure against an observed one, and fits the few parameters that may be fitted."""
