"""Media types that are taken and given in several places (RFC 9110, section 8.3)."""

JSON = "application/json"
NPY = "application/x-npy"
NPZ = "application/x-npz"
PNG = "image/png"
FORM = "multipart/form-data"
OCTETS = "application/octet-stream"


def essence(content_type: str) -> str:
    """Give a content type without its parameters, in lower case (MIME Sniffing standard, section 4.1)."""
    return content_type.partition(";")[0].strip().lower()
