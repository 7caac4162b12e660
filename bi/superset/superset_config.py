"""Superset's settings for one person on one machine: loopback, nothing sent anywhere, nothing cached.

Here belongs: what Superset reads at its start. Not here: what the dashboards show (the YAML beside this file).
`start.py` gives the folder of its state, in GHOST_TRADE_SUPERSET_HOME.
"""

import os
from pathlib import Path

HOME = Path(os.environ["GHOST_TRADE_SUPERSET_HOME"])

SECRET_KEY = (HOME / "secret_key").read_text()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}?timeout=30"
DATA_DIR = str(HOME)

APP_NAME = "Ghost Trade"
ROW_LIMIT = 10_000
TALISMAN_ENABLED = True
# The browser's policy as well: no map tiles, no fonts, no counting pixel, nothing but this address.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
# Two Supersets of two folders on one machine are not logged out by each other.
SESSION_COOKIE_NAME = "ghost_trade_superset"
SESSION_COOKIE_SAMESITE = "Lax"

# No cache of answers: a chart that is loaded after a publication shows that publication.
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
_REMEMBERED = {"CACHE_TYPE": "SupersetMetastoreCache", "CACHE_DEFAULT_TIMEOUT": 86_400}
FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = _REMEMBERED
RATELIMIT_STORAGE_URI = "memory://"

# The banner's text is in a page of its own making, so its style may be kept; scripts never.
HTML_SANITIZATION = True
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"*": ["style", "className"]}, "tagNames": ["style"]}
FEATURE_FLAGS = {"ALERT_REPORTS": False, "THUMBNAILS": False}
SQL_MAX_ROW = 100_000
LOG_LEVEL = "WARNING"
