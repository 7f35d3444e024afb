"""The settings file → frozen settings, or SettingsError with the line, the reason and the remedy."""
