"""`python -m incident_console`."""

import sys

from incident_console.cli import main

sys.exit(main())
