"""What gunicorn serves: `gunicorn -c gunicorn.conf.py wsgi:app`. The `flask` command finds its commands here too."""

import os

from app import create_app
from app.core import log
from app.settings import settings_from_environment

log.use()
app = create_app(settings_from_environment())
if os.environ.get("FLASK_RUN_FROM_CLI"):
    from app.cli import init_cli

    init_cli(app)
