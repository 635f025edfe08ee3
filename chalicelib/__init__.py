"""The packages of the application. docs/architecture.md lists them and which may import which."""
