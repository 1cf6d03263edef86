"""What integrators write: programs of about fifty lines that know nothing of this project but its API."""
