"""Which settings are in force, and where does each come from? defaults < config file < environment < flags.

The file is `config.toml` in the platform's config folder (or INCIDENT_CONSOLE_CONFIG). What may stand in it is one
table, `settings.known.KNOWN`; `settings.rows` tells every value with its source.
"""

from incident_console.settings.inforce import Notify, Settings, load
from incident_console.settings.known import KNOWN, NOTICES, Known
from incident_console.settings.toml import config_path

__all__ = ["KNOWN", "NOTICES", "Known", "Notify", "Settings", "config_path", "load"]
