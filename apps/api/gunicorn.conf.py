"""How gunicorn serves the API: one process, so that its metrics are whole, and a few threads."""

import os

from medassist_api import logs
from medassist_api.settings import SettingsError, read_settings, refuse_to_start

try:
    _settings = read_settings(os.environ)
except SettingsError as error:
    refuse_to_start(error, os.environ)
logs.configure(_settings.identity)

bind = f"0.0.0.0:{_settings.port}"
worker_class = "medassist_api.worker.Worker"
workers = 1
threads = _settings.threads
#: Longer than the balancer keeps a connection, so that it is never the server that closes it.
keepalive = 60
#: Longer than the slowest request: on SIGTERM what is running is finished.
graceful_timeout = _settings.graceful_timeout_seconds
timeout = 30
worker_tmp_dir = "/dev/shm"

logger_class = "medassist_api.logs.GunicornLogger"
accesslog = None
control_socket_disable = True

#: Proxy headers are judged by medassist_api.caller alone.
forwarded_allow_ips = ""
limit_request_line = 4094
