"""Ghost Trade: WHEN and WHENCE. What the data means is in ../dbt; what we decided in ../seeds.

`definitions.py` is the front door: read top to bottom it is the flow.
"""

__version__ = "0.1.0"
