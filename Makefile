# What a person and a build server type. `make demo` and `make test` need Python 3.11 to 3.13, git and make.
#
#   make demo [PORT=8000] [SERVE=0]   the whole portal with its demo district
#   make test                         everything, at most ten minutes; make check is its fast part
#   make test-faults                  kill -9, cut networks, full disks, restarted servers: slow
#   make scan                         bandit and licences, compared with what is explained
#   make bench                        figures, written to bench.json
#   make lock                         requirements.lock anew from requirements.in
#   make clean                        removes what the others made, also the demo's database

PORT ?= 8000
SERVE ?= 1
PYTHON = .venv/bin/python
SERVERS = exec $(PYTHON) -m redprop.common.servers

.PHONY: demo test check test-faults scan bench lock clean prepare

demo: prepare
	@$(SERVERS) run --demo -- $(PYTHON) -m redprop.common.servers.demo --port "$(PORT)" --serve "$(SERVE)"

test: prepare
	@$(SERVERS) run --demo -- $(PYTHON) -m redprop.common.steps test

check: prepare
	@$(SERVERS) run --demo -- $(PYTHON) -m redprop.common.steps check

test-faults: prepare
	@$(SERVERS) run --demo -- $(PYTHON) -m redprop.common.steps faults

scan: prepare
	@$(SERVERS) run --demo -- $(PYTHON) -m redprop.common.steps scan

bench: prepare
	@$(SERVERS) run --demo -- $(PYTHON) -m redprop.common.steps bench

prepare:
	@for python in python3.11 python3.12 python3.13 python3; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
	    exec $$python redprop/common/servers/prepare.py; \
	  fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 found in PATH. Install one of them (Debian: apt-get install python3 python3-venv)." >&2; \
	exit 1

lock: prepare
	@.ci/lock

clean:
	@if [ -x $(PYTHON) ] && [ -d .local ]; then $(PYTHON) -m redprop.common.servers remove; fi
	@if [ ! -L .venv ]; then rm -rf .venv; fi
	@rm -rf .local .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache bench.json
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
	@find locale -name '*.mo' -delete
