"""The classroom: building notebooks, running them headlessly, checking what attendees wrote."""
