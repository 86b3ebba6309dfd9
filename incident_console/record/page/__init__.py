"""`record.html`: what does somebody need who opens the record cold, with nothing but a browser?

One page that fetches nothing. `document` puts it together; each other module is one part of it, read from top to
bottom: `head` (what it is and what is asked), `runs` with `charts`, `ladder`, `evidence`, `doings`, `story`.
"""

from incident_console.record.page.document import record_html

__all__ = ["record_html"]
