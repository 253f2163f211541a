# The only task runner of this repository: `make help` lists the tasks.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The interpreter that .venv is made with; 3.11 or newer.
PYTHON ?= python3
# More arguments for pytest, for both test suites: make test PYTEST_ARGS="-k rollback"
PYTEST_ARGS ?=
# More arguments for the scoreboard: --seed N, --only NAME, --fast, --write
RELIABILITY_ARGS ?=
# More arguments for the benchmark: --rounds N, --only KEY,KEY, --largest SIZE
BENCH_ARGS ?=

BIN := .venv/bin
MADE := .venv/ready
READY := $(MADE)
DOCS_READY := .venv/docs-ready
# As modules: Python then imports the application from this very folder.
CREATE := $(BIN)/python -m scripts.migrate_create
RUN := $(BIN)/python -m scripts.migrate_run

# What a person types after name=, rename=, fill=, copy= and args= is theirs: neither make nor a shell may read a $$ or a
# quote in it. It goes to scripts/migrate_create.py and migrate_run.py through the environment, from the command line only.
unexport name rename fill copy args
given = $(if $(filter command,$(firstword $(origin $1))),$(value $1))
export MIGRATION_NAME := $(call given,name)
export MIGRATION_RENAME := $(call given,rename)
export MIGRATION_FILL := $(call given,fill)
export MIGRATION_COPY := $(call given,copy)
export MIGRATION_ARGS := $(call given,args)

TASKS := help setup migrate-status migrate-create migrate-create-name migrate migrate-rollback migrate-plan \
	migrate-redo migrate-check migrate-doctor migrate-accept migrate-accept-name migrate-restore migrate-command \
	test check laws oldest reliability bench \
	docs docs-examples clean
.PHONY: $(TASKS) migrate-words

# A word or a value that a migrate task does not take would be passed over, and all of it would run. So nothing does.
ASKED := $(firstword $(filter migrate migrate-%,$(MAKECMDGOALS)))
ifneq ($(ASKED),)
migrate-create-takes := name rename fill args
migrate-accept-takes := name args
migrate-restore-takes := copy args
taking-args := migrate migrate-status migrate-rollback migrate-plan migrate-redo migrate-check migrate-doctor migrate-command
takes := $(if $(filter $(taking-args),$(MAKECMDGOALS)),args) PYTHON %_ARGS PEEWIT_% SYNTH_CODEAI_% $(foreach task,$(MAKECMDGOALS),$($(task)-takes))
words := $(filter-out $(TASKS),$(MAKECMDGOALS))
values := $(filter-out $(takes) MAKE%,$(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$v)))
ifneq ($(words)$(values),)
READY := migrate-words
$(words) migrate-create-name migrate-accept-name: migrate-words
export MIGRATION_WORD := $(firstword $(words))
export MIGRATION_VALUE := $(firstword $(values))
export MIGRATION_GIVEN := $(value $(firstword $(values)))
endif
endif

migrate-words:
	@sh scripts/migrate_words.sh $(ASKED) $(filter-out %-name,$(filter migrate migrate-%,$(TASKS)))

help:  ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

setup: $(READY)  ## Make .venv with both projects and all tools (every other task does this by itself)
	@:

$(MADE): pyproject.toml peewit/pyproject.toml constraints.txt
	@PYTHON='$(PYTHON)' sh scripts/setup.sh

migrate-status: $(READY)  ## Show which migrations are applied and which are pending
	@$(RUN) status

migrate-create: migrate-create-name $(READY)  ## Write a migration for changed models: name=add_plan [rename=t.a:b] [fill=t.c=0]
	@$(CREATE)

# Refuse where no name is given, in words that have no comma: make would cut them there. Help needs none.
named = case "$$MIGRATION_NAME" in *[![:space:]]*) exit 0 ;; esac; case " $$MIGRATION_ARGS " in *' --help '*|*' -h '*) ;; *) echo 'error: $(1)' >&2; exit 2 ;; esac

migrate-create-name:
	@$(call named,the migration needs a name: make migrate-create name=add_plan_to_session_model)

migrate: $(READY)  ## Apply all pending migrations [args="003 --fake"]
	@$(RUN) migrate

migrate-rollback: $(READY)  ## Undo the newest applied migration, with the values it added [args=NNN_name: all after that one]
	@$(RUN) rollback

migrate-redo: $(READY)  ## Undo the newest migration and apply its file as it is now
	@$(RUN) redo

migrate-plan: $(READY)  ## Show the statements that `make migrate` would run
	@$(RUN) plan

migrate-check: $(READY)  ## Compare models, migration files, history and database
	@$(RUN) check

migrate-doctor: $(READY)  ## Say what is the matter with the database, and what to type
	@$(RUN) doctor

migrate-accept: migrate-accept-name $(READY)  ## Take the new text of an edited file the database agrees with: name=NNN_name
	@$(RUN) accept "$$MIGRATION_NAME"

migrate-accept-name:
	@$(call named,accepting needs the name of the edited migration: make migrate-accept name=NNN_name)

migrate-restore: $(READY)  ## List the copies of the database file, or go back to one: copy=NNN_name
	@$(RUN) restore $${MIGRATION_COPY:+"$$MIGRATION_COPY"}

migrate-command: $(READY)  ## Run another command of peewit: args="show 003", args=--help
	@$(RUN)

test: $(READY)  ## Run both test suites on all cores, in random order [PYTEST_ARGS=...]
	@sh scripts/test.sh $(PYTEST_ARGS)

check: $(READY)  ## Lint, formatting, types and layers of both projects
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd peewit && ../$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd peewit && ../$(BIN)/lint-imports

bench: $(READY)  ## Measure peewit beside its peers and the bare database; write peewit/docs/benchmarks.md [BENCH_ARGS="--only start"]
	@cd peewit && ../$(BIN)/python -m bench $(BENCH_ARGS)

laws: $(READY)  ## Run the property tests on 2,000 random schema pairs [PYTEST_ARGS=...]
	@cd peewit && PEEWIT_LAWS=2000 ../$(BIN)/python -m pytest -n auto tests/laws tests/sql/test_edit_laws.py $(PYTEST_ARGS)

oldest: $(READY)  ## Run the tests of peewit with the oldest versions it promises to run with [PYTEST_ARGS=...]
	@sh scripts/oldest.sh $(PYTEST_ARGS)

reliability: $(READY)  ## Kill, race and starve peewit on real databases; write peewit/docs/reliability.md [RELIABILITY_ARGS="--only wal"]
	@cd peewit && ../$(BIN)/python -m tests.reliability $(RELIABILITY_ARGS)

docs: $(DOCS_READY)  ## Build the documentation of peewit into dist/docs; the first time, install what that needs
	@$(BIN)/python -m sphinx -q -E -W --keep-going -d dist/docs-cache peewit/docs dist/docs
	@echo 'built dist/docs/index.html'

docs-examples: $(READY)  ## Write anew what the examples of the documentation print
	@cd peewit && ../$(BIN)/python -m tests.docs

$(DOCS_READY): $(READY)
	@sh scripts/setup.sh docs

clean:  ## Remove .venv, caches and builds; never the project memory
	@rm -rf .venv dist peewit/dist .coverage peewit/.coverage
	@find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' -o -name .hypothesis \
		-o -name .pytest_cache -o -name .mypy_cache -o -name .ruff_cache -o -name .import_linter_cache \) \
		-prune -exec rm -rf {} +
