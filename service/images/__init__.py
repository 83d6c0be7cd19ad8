"""Picture files to pixels, and back."""

import os

from service.settings import Limits

# OpenCV reads these once, when it is loaded: whoever loads it has loaded this package before.
# Damaged pictures are the sender's business: they are answered, not printed.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
# What a header hides from us is refused by the decoder itself.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(Limits.model_fields["max_image_pixels"].default))
