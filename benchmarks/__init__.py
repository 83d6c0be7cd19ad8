"""What the service costs against the bare libraries that it is made of, and how well it reads pictures."""
