# Hoard's verbs. `make help` lists them; ARGS passes options through, as in `make serve ARGS="--listen 0.0.0.0:7777"`.
SHELL := /bin/bash
SWIFT_BUILD := swift build --explicit-target-dependency-import-check error
RELEASE := .build/release

.DEFAULT_GOAL := help
.PHONY: help setup build demo serve test conformance sim bench bench-guard load soak format

help: ## list these verbs
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## install the Debian packages that are missing
	@scripts/setup

build: setup ## build the programs hoard and hoard-load (release)
	$(SWIFT_BUILD) -c release --product hoard
	$(SWIFT_BUILD) -c release --product hoard-load

demo: build ## start a server, replay a match through it over TCP, print the result
	$(RELEASE)/hoard replay GameData/Matches/harbor-duel.jsonl $(ARGS)

serve: build ## run a server on 127.0.0.1:7777 with its data in ./data
	$(RELEASE)/hoard serve --data data $(ARGS)

test: setup ## build and pass the tests
	@scripts/test $(ARGS)

conformance: build ## run every official EVM suite at hand and print the table
	@scripts/conformance $(ARGS)

sim: build ## simulate server, clients and faults: SEED=n repeats a run, SEEDS=count tries more
	$(RELEASE)/hoard sim --seed $${SEED:-1} --seeds $${SEEDS:-1} $(ARGS)

bench: build ## Hoard and its peers in turn on the same work: ratios, LoadTests/REPORT.md (bench-guard: count instructions)
	@if LoadTests/peers/install --check; then $(SWIFT_BUILD) -c release --package-path LoadTests/peers; fi
	@scripts/bench $(ARGS)

bench-guard: ## fail where a kind of work executes over 3 % more instructions than it did
	$(SWIFT_BUILD) -c release --product hoard-bench
	@scripts/bench-guard $(ARGS)

load: build ## load a fresh server: ARGS="--scenario shop-mix --seconds 10"
	$(RELEASE)/hoard-load $(ARGS)

soak: build ## ten minutes of load on a fresh server
	$(RELEASE)/hoard-load --scenario shop-mix --seconds $${SECONDS_MAX:-600} $(ARGS)

format: ## format the sources in place
	swift format --in-place --recursive Package.swift Sources Tests LoadTests
