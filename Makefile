PYTHON ?= python3
VENV ?= .venv
export PORT DATA DRY SPEED LOCAL VENV SEED PACKAGE ATTACK PEER SCRATCH

.PHONY: run stop day import replay northwind postcodes doctor openapi docs permissions test verify check rehearse screenshots bench sim

run: local
	@exec $(VENV)/bin/python -m infra.local.run start
stop: local
	@$(VENV)/bin/python -m infra.local.run stop
day: local
	@$(VENV)/bin/python -m infra.demo.day
import: local
	@$(VENV)/bin/python -m infra.replay.import_folder
replay: local
	@$(VENV)/bin/python -m infra.replay.run
northwind postcodes: local
	@$(VENV)/bin/python -m infra.replay.$@
doctor openapi: local
	@$(VENV)/bin/python -m infra.$@
docs: local permissions
	@$(VENV)/bin/python -m infra.events_doc
permissions: local
	@$(VENV)/bin/python -m infra.permissions
test: tools
	@$(VENV)/bin/python -m pytest -n 3
check: tools
	@$(VENV)/bin/python -m infra.check
rehearse: tools
	@$(VENV)/bin/python -m infra.rehearsal
verify: tools
	@$(VENV)/bin/python -m tests.verification $(ONLY)
sim: tools
	@$(VENV)/bin/python -m tests.verification.simulator.sim $(or $(SEED),1) $(or $(STEPS),100)
screenshots: tools
	@$(VENV)/bin/python -m tests.storefront.screenshots
bench: tools
	@$(VENV)/bin/python -m tests.verification.bench $(if $(PEER),peer_$(PEER),$(ONLY))

# The requirements.txt files hold the direct pins; uv adds every package that these need, and the hashes. It keeps the
# versions of an existing lock where the pins allow; UPGRADE=1 takes the newest. The lock of infra starts as a copy of
# that of the tests, so that both name the same versions: `make run` and `make test` share one environment.
COMPILE = $(VENV)/bin/uv pip compile --quiet --python $(VENV)/bin/python --universal --python-version 3.11 \
  --generate-hashes --only-binary :all: --custom-compile-command "make lock"
lock: tools
	@$(COMPILE) $(if $(UPGRADE),--upgrade) tests/requirements.txt -o tests/requirements.lock
	@$(COMPILE) $(if $(UPGRADE),--upgrade) tests/client_generator.txt -o tests/client_generator.lock
	@cp tests/requirements.lock infra/requirements.lock
	@$(COMPILE) infra/requirements.txt -o infra/requirements.lock

.PHONY: lock local tools
local:
	@$(PYTHON) -m infra.environment infra/requirements.lock
tools:
	@$(PYTHON) -m infra.environment tests/requirements.lock
