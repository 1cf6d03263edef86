"""The agenda's routes; services, resources, filters and settings have those of small resources."""
