"""What gunicorn serves: `gunicorn -c gunicorn.conf.py wsgi:app`."""

from app import create_app
from app.core import log
from app.settings import settings_from_environment

log.use()
app = create_app(settings_from_environment())
