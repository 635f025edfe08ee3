"""Everything around the functions: resources, the local run, demo data, deploy. Not packaged into the Lambda."""
