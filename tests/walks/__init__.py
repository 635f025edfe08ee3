"""End-to-end scenarios through several packages: HTTP requests on the local engine, with all event handlers run."""
