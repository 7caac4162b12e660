"""Pages for people, made from the published tables. Jinja templates stand beside the code that fills them.

Not here: any figure that is not in a published table.
"""

from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")
