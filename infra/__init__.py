"""Infrastructure around the functions: resources, local run, demo, deployment. Not packaged for Lambda."""
