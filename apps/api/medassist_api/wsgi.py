"""The application that gunicorn serves."""

import os

from .app import create_app
from .settings import SettingsError, read_settings, refuse_to_start

try:
    app = create_app(read_settings(os.environ))
except SettingsError as error:
    refuse_to_start(error, os.environ)
