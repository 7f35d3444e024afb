"""The figures of the README, measured on this machine with keepalived beside them: `./dev bench`."""
