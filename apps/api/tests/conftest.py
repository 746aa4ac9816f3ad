"""Settings for all tests."""

import os
import tempfile

# The image's root is read-only: what Hypothesis remembers goes where temporary things go.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "hypothesis"))

from hypothesis import HealthCheck, settings

settings.register_profile("tests", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
