"""Ghost Trade: WHEN and WHENCE. What the data means is in ../dbt; what we decided in ../seeds.

`definitions.py` is the front door: read top to bottom it is the flow.
"""

__version__ = "0.1.0"
PAGE = "https://github.com/ghost-trade/ghost-trade"  # the project's own, for whoever wonders who asks
