"""``python -m training``: train, verify and publish, in a process that can be stopped at any moment."""

import sys

from training.supervision import supervise

if __name__ == "__main__":
    sys.exit(supervise("training.pipeline", sys.argv[1:]))
