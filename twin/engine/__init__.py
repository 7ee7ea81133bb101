"""The window: what comes before what within five minutes, and the loops that do it."""
