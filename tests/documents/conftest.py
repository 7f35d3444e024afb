"""Two shared cores: a slow example is no failure."""

from hypothesis import HealthCheck, settings

settings.register_profile("understudy", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("understudy")
